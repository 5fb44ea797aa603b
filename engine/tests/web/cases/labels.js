[new TextDecoder("unicode-1-1-utf-8").encoding, new TextDecoder("unicode11utf8").encoding, new TextDecoder("unicode20utf8").encoding, new TextDecoder("utf-8").encoding, new TextDecoder("utf8").encoding, new TextDecoder("x-unicode20utf8").encoding]
//=> ["utf-8", "utf-8", "utf-8", "utf-8", "utf-8", "utf-8"]

[new TextDecoder("866").encoding, new TextDecoder("cp866").encoding, new TextDecoder("csibm866").encoding, new TextDecoder("ibm866").encoding]
//=> ["ibm866", "ibm866", "ibm866", "ibm866"]

[new TextDecoder("csisolatin2").encoding, new TextDecoder("iso-8859-2").encoding, new TextDecoder("iso-ir-101").encoding, new TextDecoder("iso8859-2").encoding, new TextDecoder("iso88592").encoding, new TextDecoder("iso_8859-2").encoding, new TextDecoder("iso_8859-2:1987").encoding, new TextDecoder("l2").encoding, new TextDecoder("latin2").encoding]
//=> ["iso-8859-2", "iso-8859-2", "iso-8859-2", "iso-8859-2", "iso-8859-2", "iso-8859-2", "iso-8859-2", "iso-8859-2", "iso-8859-2"]

[new TextDecoder("csisolatin3").encoding, new TextDecoder("iso-8859-3").encoding, new TextDecoder("iso-ir-109").encoding, new TextDecoder("l3").encoding, new TextDecoder("latin3").encoding]
//=> ["iso-8859-3", "iso-8859-3", "iso-8859-3", "iso-8859-3", "iso-8859-3"]

[new TextDecoder("csisolatin4").encoding, new TextDecoder("iso-8859-4").encoding, new TextDecoder("l4").encoding, new TextDecoder("latin4").encoding]
//=> ["iso-8859-4", "iso-8859-4", "iso-8859-4", "iso-8859-4"]

[new TextDecoder("csisolatincyrillic").encoding, new TextDecoder("cyrillic").encoding, new TextDecoder("iso-8859-5").encoding, new TextDecoder("iso-ir-144").encoding]
//=> ["iso-8859-5", "iso-8859-5", "iso-8859-5", "iso-8859-5"]

[new TextDecoder("arabic").encoding, new TextDecoder("asmo-708").encoding, new TextDecoder("csiso88596e").encoding, new TextDecoder("csisolatinarabic").encoding, new TextDecoder("ecma-114").encoding, new TextDecoder("iso-8859-6").encoding]
//=> ["iso-8859-6", "iso-8859-6", "iso-8859-6", "iso-8859-6", "iso-8859-6", "iso-8859-6"]

[new TextDecoder("csisolatingreek").encoding, new TextDecoder("ecma-118").encoding, new TextDecoder("elot_928").encoding, new TextDecoder("greek").encoding, new TextDecoder("greek8").encoding, new TextDecoder("iso-8859-7").encoding, new TextDecoder("sun_eu_greek").encoding]
//=> ["iso-8859-7", "iso-8859-7", "iso-8859-7", "iso-8859-7", "iso-8859-7", "iso-8859-7", "iso-8859-7"]

[new TextDecoder("csiso88598e").encoding, new TextDecoder("hebrew").encoding, new TextDecoder("iso-8859-8").encoding, new TextDecoder("visual").encoding]
//=> ["iso-8859-8", "iso-8859-8", "iso-8859-8", "iso-8859-8"]

[new TextDecoder("csiso88598i").encoding, new TextDecoder("iso-8859-8-i").encoding, new TextDecoder("logical").encoding]
//=> ["iso-8859-8-i", "iso-8859-8-i", "iso-8859-8-i"]

[new TextDecoder("csisolatin6").encoding, new TextDecoder("iso-8859-10").encoding, new TextDecoder("l6").encoding, new TextDecoder("latin6").encoding]
//=> ["iso-8859-10", "iso-8859-10", "iso-8859-10", "iso-8859-10"]

[new TextDecoder("iso-8859-13").encoding, new TextDecoder("iso885913").encoding]
//=> ["iso-8859-13", "iso-8859-13"]

[new TextDecoder("iso-8859-14").encoding, new TextDecoder("iso885914").encoding]
//=> ["iso-8859-14", "iso-8859-14"]

[new TextDecoder("csisolatin9").encoding, new TextDecoder("iso-8859-15").encoding, new TextDecoder("l9").encoding]
//=> ["iso-8859-15", "iso-8859-15", "iso-8859-15"]

[new TextDecoder("iso-8859-16").encoding]
//=> ["iso-8859-16"]

[new TextDecoder("cskoi8r").encoding, new TextDecoder("koi").encoding, new TextDecoder("koi8").encoding, new TextDecoder("koi8-r").encoding, new TextDecoder("koi8_r").encoding]
//=> ["koi8-r", "koi8-r", "koi8-r", "koi8-r", "koi8-r"]

[new TextDecoder("koi8-ru").encoding, new TextDecoder("koi8-u").encoding]
//=> ["koi8-u", "koi8-u"]

[new TextDecoder("csmacintosh").encoding, new TextDecoder("mac").encoding, new TextDecoder("macintosh").encoding, new TextDecoder("x-mac-roman").encoding]
//=> ["macintosh", "macintosh", "macintosh", "macintosh"]

[new TextDecoder("dos-874").encoding, new TextDecoder("iso-8859-11").encoding, new TextDecoder("tis-620").encoding, new TextDecoder("windows-874").encoding]
//=> ["windows-874", "windows-874", "windows-874", "windows-874"]

[new TextDecoder("cp1250").encoding, new TextDecoder("windows-1250").encoding, new TextDecoder("x-cp1250").encoding]
//=> ["windows-1250", "windows-1250", "windows-1250"]

[new TextDecoder("cp1251").encoding, new TextDecoder("windows-1251").encoding, new TextDecoder("x-cp1251").encoding]
//=> ["windows-1251", "windows-1251", "windows-1251"]

[new TextDecoder("ansi_x3.4-1968").encoding, new TextDecoder("ascii").encoding, new TextDecoder("cp1252").encoding, new TextDecoder("cp819").encoding, new TextDecoder("csisolatin1").encoding, new TextDecoder("ibm819").encoding, new TextDecoder("iso-8859-1").encoding, new TextDecoder("l1").encoding, new TextDecoder("latin1").encoding, new TextDecoder("us-ascii").encoding, new TextDecoder("windows-1252").encoding]
//=> ["windows-1252", "windows-1252", "windows-1252", "windows-1252", "windows-1252", "windows-1252", "windows-1252", "windows-1252", "windows-1252", "windows-1252", "windows-1252"]

[new TextDecoder("cp1253").encoding, new TextDecoder("windows-1253").encoding]
//=> ["windows-1253", "windows-1253"]

[new TextDecoder("cp1254").encoding, new TextDecoder("csisolatin5").encoding, new TextDecoder("iso-8859-9").encoding, new TextDecoder("l5").encoding, new TextDecoder("latin5").encoding, new TextDecoder("windows-1254").encoding]
//=> ["windows-1254", "windows-1254", "windows-1254", "windows-1254", "windows-1254", "windows-1254"]

[new TextDecoder("cp1255").encoding, new TextDecoder("windows-1255").encoding]
//=> ["windows-1255", "windows-1255"]

[new TextDecoder("cp1256").encoding, new TextDecoder("windows-1256").encoding]
//=> ["windows-1256", "windows-1256"]

[new TextDecoder("cp1257").encoding, new TextDecoder("windows-1257").encoding]
//=> ["windows-1257", "windows-1257"]

[new TextDecoder("cp1258").encoding, new TextDecoder("windows-1258").encoding]
//=> ["windows-1258", "windows-1258"]

[new TextDecoder("x-mac-cyrillic").encoding, new TextDecoder("x-mac-ukrainian").encoding]
//=> ["x-mac-cyrillic", "x-mac-cyrillic"]

[new TextDecoder("chinese").encoding, new TextDecoder("csgb2312").encoding, new TextDecoder("gb2312").encoding, new TextDecoder("gb_2312").encoding, new TextDecoder("gbk").encoding, new TextDecoder("x-gbk").encoding, new TextDecoder("iso-ir-58").encoding]
//=> ["gbk", "gbk", "gbk", "gbk", "gbk", "gbk", "gbk"]

[new TextDecoder("gb18030").encoding]
//=> ["gb18030"]

[new TextDecoder("big5").encoding, new TextDecoder("big5-hkscs").encoding, new TextDecoder("cn-big5").encoding, new TextDecoder("x-x-big5").encoding]
//=> ["big5", "big5", "big5", "big5"]

[new TextDecoder("cseucpkdfmtjapanese").encoding, new TextDecoder("euc-jp").encoding, new TextDecoder("x-euc-jp").encoding]
//=> ["euc-jp", "euc-jp", "euc-jp"]

[new TextDecoder("csiso2022jp").encoding, new TextDecoder("iso-2022-jp").encoding]
//=> ["iso-2022-jp", "iso-2022-jp"]

[new TextDecoder("csshiftjis").encoding, new TextDecoder("ms932").encoding, new TextDecoder("ms_kanji").encoding, new TextDecoder("shift-jis").encoding, new TextDecoder("shift_jis").encoding, new TextDecoder("sjis").encoding, new TextDecoder("windows-31j").encoding, new TextDecoder("x-sjis").encoding]
//=> ["shift_jis", "shift_jis", "shift_jis", "shift_jis", "shift_jis", "shift_jis", "shift_jis", "shift_jis"]

[new TextDecoder("cseuckr").encoding, new TextDecoder("csksc56011987").encoding, new TextDecoder("euc-kr").encoding, new TextDecoder("korean").encoding, new TextDecoder("ks_c_5601-1987").encoding, new TextDecoder("windows-949").encoding]
//=> ["euc-kr", "euc-kr", "euc-kr", "euc-kr", "euc-kr", "euc-kr"]

[new TextDecoder("unicodefffe").encoding, new TextDecoder("utf-16be").encoding]
//=> ["utf-16be", "utf-16be"]

[new TextDecoder("csunicode").encoding, new TextDecoder("ucs-2").encoding, new TextDecoder("unicode").encoding, new TextDecoder("unicodefeff").encoding, new TextDecoder("utf-16").encoding, new TextDecoder("utf-16le").encoding]
//=> ["utf-16le", "utf-16le", "utf-16le", "utf-16le", "utf-16le", "utf-16le"]

[new TextDecoder("x-user-defined").encoding]
//=> ["x-user-defined"]

new TextDecoder("shift_jis").decode(new Uint8Array([0x83, 0x65, 0x83, 0x58, 0x83, 0x67, 0xfa, 0x40, 0x81]))
//=> テストⅰ�

new TextDecoder("euc-jp").decode(new Uint8Array([0xa5, 0xc6, 0xa5, 0xb9, 0x8e, 0xb1, 0x8f, 0xa2, 0xaf]))
//=> テスｱ˘

new TextDecoder("gb18030").decode(new Uint8Array([0xc4, 0xe3, 0x81, 0x30, 0x81, 0x30, 0xff]))
//=> 你�

new TextDecoder("big5").decode(new Uint8Array([0xa7, 0x41, 0xa6, 0x6e, 0x88, 0x62]))
//=> 你好Ê̄

new TextDecoder("euc-kr").decode(new Uint8Array([0xb0, 0xa1, 0xc8, 0xfe, 0xff]))
//=> 가힝�

new TextDecoder("iso-2022-jp").decode(new Uint8Array([0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42, 0x41]))
//=> 日本A

new TextDecoder("gbk").decode(new Uint8Array([0x80, 0xc4, 0xe3]))
//=> €你

new TextDecoder("ibm866").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмноп░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀рстуфхцчшщъыьэюяЁёЄєЇїЎў°∙·√№¤■\u00a0

new TextDecoder("iso-8859-2").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> \u00a0Ą˘Ł¤ĽŚ§¨ŠŞŤŹ­ŽŻ°ą˛ł´ľśˇ¸šşťź˝žżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙

new TextDecoder("iso-8859-5").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> \u00a0ЁЂЃЄЅІЇЈЉЊЋЌ­ЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя№ёђѓєѕіїјљњћќ§ўџ

new TextDecoder("iso-8859-7").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> \u00a0‘’£€₯¦§¨©ͺ«¬­�―°±²³΄΅Ά·ΈΉΊ»Ό½ΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ�ΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ�

new TextDecoder("iso-8859-15").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> \u00a0¡¢£€¥Š§š©ª«¬­®¯°±²³Žµ¶·ž¹º»ŒœŸ¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ

new TextDecoder("koi8-r").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> ─│┌┐└┘├┤┬┴┼▀▄█▌▐░▒▓⌠■∙√≈≤≥\u00a0⌡°²·÷═║╒ё╓╔╕╖╗╘╙╚╛╜╝╞╟╠╡Ё╢╣╤╥╦╧╨╩╪╫╬©юабцдефгхийклмнопярстужвьызшэщчъЮАБЦДЕФГХИЙКЛМНОПЯРСТУЖВЬЫЗШЭЩЧЪ

new TextDecoder("koi8-u").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> ─│┌┐└┘├┤┬┴┼▀▄█▌▐░▒▓⌠■∙√≈≤≥\u00a0⌡°²·÷═║╒ёє╔ії╗╘╙╚╛ґў╞╟╠╡ЁЄ╣ІЇ╦╧╨╩╪ҐЎ©юабцдефгхийклмнопярстужвьызшэщчъЮАБЦДЕФГХИЙКЛМНОПЯРСТУЖВЬЫЗШЭЩЧЪ

new TextDecoder("macintosh").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u00a0ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ

new TextDecoder("windows-874").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> €…‘’“”•–—\u00a0กขฃคฅฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรฤลฦวศษสหฬอฮฯะัาำิีึืฺุู����฿เแโใไๅๆ็่้๊๋์ํ๎๏๐๑๒๓๔๕๖๗๘๙๚๛����

new TextDecoder("windows-1250").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> €‚„…†‡‰Š‹ŚŤŽŹ‘’“”•–—™š›śťžź\u00a0ˇ˘Ł¤Ą¦§¨©Ş«¬­®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙

new TextDecoder("windows-1251").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—™љ›њќћџ\u00a0ЎўЈ¤Ґ¦§Ё©Є«¬­®Ї°±Ііґµ¶·ё№є»јЅѕїАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя

new TextDecoder("windows-1253").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> €‚ƒ„…†‡‰‹‘’“”•–—™›\u00a0΅Ά£¤¥¦§¨©�«¬­®―°±²³΄µ¶·ΈΉΊ»Ό½ΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ�ΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ�

new TextDecoder("windows-1256").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> €پ‚ƒ„…†‡ˆ‰ٹ‹Œچژڈگ‘’“”•–—ک™ڑ›œ‌‍ں\u00a0،¢£¤¥¦§¨©ھ«¬­®¯°±²³´µ¶·¸¹؛»¼½¾؟ہءآأؤإئابةتثجحخدذرزسشصض×طظعغـفقكàلâمنهوçèéêëىيîïًٌٍَôُِ÷ّùْûü‎‏ے

new TextDecoder("windows-1258").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> €‚ƒ„…†‡ˆ‰‹Œ‘’“”•–—˜™›œŸ\u00a0¡¢£¤¥¦§¨©ª«¬­®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂĂÄÅÆÇÈÉÊË̀ÍÎÏĐÑ̉ÓÔƠÖ×ØÙÚÛÜỮßàáâăäåæçèéêë́íîïđṇ̃óôơö÷øùúûüư₫ÿ

new TextDecoder("x-mac-cyrillic").decode(Uint8Array.from({ length: 128 }, (_, i) => 128 + i))
//=> АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ†°Ґ£§•¶І®©™Ђђ≠Ѓѓ∞±≤≥іµґЈЄєЇїЉљЊњјЅ¬√ƒ≈∆«»…\u00a0ЋћЌќѕ–—“”‘’÷„ЎўЏџ№Ёёяабвгдежзийклмнопрстуфхцчшщъыьэю€

[new TextDecoder().decode(new Uint8Array([0xc0, 0x80])), thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xc0, 0x80])))]
//=> ["��", "<TypeError>"]

[new TextDecoder().decode(new Uint8Array([0xe0, 0x80, 0x80])), thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xe0, 0x80, 0x80])))]
//=> ["���", "<TypeError>"]

[new TextDecoder().decode(new Uint8Array([0xed, 0xa0, 0x80])), thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xed, 0xa0, 0x80])))]
//=> ["���", "<TypeError>"]

[new TextDecoder().decode(new Uint8Array([0xf0, 0x80, 0x80, 0x80])), thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xf0, 0x80, 0x80, 0x80])))]
//=> ["����", "<TypeError>"]

[new TextDecoder().decode(new Uint8Array([0xf4, 0x90, 0x80, 0x80])), thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xf4, 0x90, 0x80, 0x80])))]
//=> ["����", "<TypeError>"]

[new TextDecoder().decode(new Uint8Array([0xf8, 0x88, 0x80, 0x80, 0x80])), thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xf8, 0x88, 0x80, 0x80, 0x80])))]
//=> ["�����", "<TypeError>"]

[new TextDecoder().decode(new Uint8Array([0xe2, 0x82, 0x41])), thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xe2, 0x82, 0x41])))]
//=> ["�A", "<TypeError>"]

[new TextDecoder().decode(new Uint8Array([0xf0, 0x9f, 0x98])), thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xf0, 0x9f, 0x98])))]
//=> ["�", "<TypeError>"]

[new TextDecoder().decode(new Uint8Array([0xc3, 0x28])), thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xc3, 0x28])))]
//=> ["�(", "<TypeError>"]

[new TextDecoder().decode(new Uint8Array([0x80])), thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0x80])))]
//=> ["�", "<TypeError>"]

[new TextDecoder().decode(new Uint8Array([0xc2, 0xc2, 0x80])), thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xc2, 0xc2, 0x80])))]
//=> ["�", "<TypeError>"]

[new TextDecoder().decode(new Uint8Array([0xf0, 0x9f, 0x41, 0x42])), thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xf0, 0x9f, 0x41, 0x42])))]
//=> ["�AB", "<TypeError>"]

thrown(() => { throw atob(""); })
//=> ""

thrown(() => { throw atob(" "); })
//=> ""

thrown(() => { throw atob("ab"); })
//=> "i"

thrown(() => { throw atob("abc"); })
//=> "i·"

thrown(() => { throw atob("abcd"); })
//=> "i·\u001d"

thrown(() => { throw atob("ab=="); })
//=> "i"

thrown(() => { throw atob("ab="); })
//=> <DOMException InvalidCharacterError>

thrown(() => { throw atob("=a"); })
//=> <DOMException InvalidCharacterError>

thrown(() => { throw atob("a=b"); })
//=> <DOMException InvalidCharacterError>

thrown(() => { throw atob("ab==="); })
//=> <DOMException InvalidCharacterError>

thrown(() => { throw atob("abcd="); })
//=> <DOMException InvalidCharacterError>

thrown(() => { throw atob("\tab\ncd\f"); })
//=> "i·\u001d"

thrown(() => { throw atob("\u00a0ab"); })
//=> <DOMException InvalidCharacterError>

thrown(() => { throw atob("ab-_"); })
//=> <DOMException InvalidCharacterError>

thrown(() => { throw atob("/+=="); })
//=> "ÿ"

thrown(() => { throw atob(null); })
//=> "ée"

thrown(() => { throw atob(undefined); })
//=> <DOMException InvalidCharacterError>

thrown(() => { throw atob(12); })
//=> "×"

thrown(() => { throw atob("~~"); })
//=> <DOMException InvalidCharacterError>

thrown(() => { throw atob("YR=="); })
//=> "a"
