//! Web Cryptography's algorithms, by RustCrypto and dalek: <https://w3c.github.io/webcrypto>. Keys are plain bytes here: secrets, seeds, scalars, uncompressed
//! points. Nothing of it is secret from the host, which runs the guest.

use aes::{
    Aes128, Aes192, Aes256,
    cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit, consts::U16},
};
use aes_gcm::{
    AesGcm,
    aead::{Aead, Payload, consts::U12},
};
use boa_engine::{Context, JsArgs, JsResult, JsValue, native_function::NativeFunctionPointer};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{bytes, text::string, tools::record};
use crate::realm::bindings;

pub(super) const TOOLS: [(&str, NativeFunctionPointer); 12] = [
    ("randomBytes", random_bytes),
    ("fillRandom", fill_random),
    ("digest", digest),
    ("hmac", hmac),
    ("sameBytes", same_bytes),
    ("aesGcm", aes_gcm),
    ("aesCbc", aes_cbc),
    ("hkdf", hkdf),
    ("pbkdf2", pbkdf2),
    ("ecKey", ec_key),
    ("ecSign", ec_sign),
    ("ecVerify", ec_verify),
];

fn input(arguments: &[JsValue], at: usize, context: &mut Context) -> JsResult<Vec<u8>> {
    bytes::copied(arguments.get_or_undefined(at), context)
}

fn number(arguments: &[JsValue], at: usize) -> usize {
    arguments.get_or_undefined(at).as_number().unwrap_or(0.0) as usize
}

fn answer(bytes: Option<Vec<u8>>, context: &mut Context) -> JsResult<JsValue> {
    bytes.map_or(Ok(JsValue::null()), |bytes| bytes::array(&bytes, context))
}

/// Random bytes: those of the host's generator, and for many of them what SHA-512 makes of 32 of these and a count.
fn drawn(length: usize, context: &Context) -> Vec<u8> {
    const SEED_BYTES: usize = 32;
    let bindings = bindings(context);
    let mut drawn = Vec::with_capacity(length + SEED_BYTES);
    while drawn.len() < length.min(SEED_BYTES) {
        drawn.extend_from_slice(&bindings.random.secure().to_le_bytes());
    }
    if length > SEED_BYTES {
        let seed = std::mem::take(&mut drawn);
        let blocks = (0_u64..).map(|count| Sha512::new().chain_update(&seed).chain_update(count.to_le_bytes()).finalize());
        for block in blocks.take(length.div_ceil(Sha512::output_size())) {
            drawn.extend_from_slice(&block);
        }
    }
    drawn.truncate(length);
    drawn
}

/// `randomBytes(length)`.
fn random_bytes(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let drawn = drawn(number(arguments, 0), context);
    bytes::array(&drawn, context)
}

/// `fillRandom(view)`.
fn fill_random(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let span = bytes::span(arguments.get_or_undefined(0), context)?.expect("our sources give a view");
    let drawn = drawn(span.length, context);
    span.write(&drawn)?;
    Ok(JsValue::undefined())
}

fn hash(name: &str, data: &[u8]) -> Vec<u8> {
    match name {
        "SHA-1" => Sha1::digest(data).to_vec(),
        "SHA-256" => Sha256::digest(data).to_vec(),
        "SHA-384" => Sha384::digest(data).to_vec(),
        "SHA-512" => Sha512::digest(data).to_vec(),
        other => unreachable!("our sources check hashes: {other}"),
    }
}

/// `digest(hash, bytes)`.
fn digest(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let digest = hash(&string(arguments, 0).to_std_string_lossy(), &input(arguments, 1, context)?);
    bytes::array(&digest, context)
}

/// `hmac(hash, key, bytes)`.
fn hmac(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    fn mac<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Vec<u8> {
        <M as KeyInit>::new_from_slice(key).expect("HMAC takes every key").chain_update(data).finalize().into_bytes().to_vec()
    }
    let (key, data) = (input(arguments, 1, context)?, input(arguments, 2, context)?);
    let mac = match &*string(arguments, 0).to_std_string_lossy() {
        "SHA-1" => mac::<Hmac<Sha1>>(&key, &data),
        "SHA-256" => mac::<Hmac<Sha256>>(&key, &data),
        "SHA-384" => mac::<Hmac<Sha384>>(&key, &data),
        _ => mac::<Hmac<Sha512>>(&key, &data),
    };
    bytes::array(&mac, context)
}

/// `sameBytes(a, b)`, in a time that does not depend on where they differ.
fn same_bytes(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (a, b) = (input(arguments, 0, context)?, input(arguments, 1, context)?);
    Ok((a.len() == b.len() && a.iter().zip(&b).fold(0, |different, (a, b)| different | (a ^ b)) == 0).into())
}

/// `aesGcm(encrypt, key, iv, additional, bytes)`: null where the tag is wrong. The IV has 12 or 16 bytes, the tag 16.
fn aes_gcm(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    fn run<A: Aead + KeyInit>(encrypt: bool, key: &[u8], iv: &[u8], payload: Payload<'_, '_>) -> Option<Vec<u8>> {
        let cipher = A::new_from_slice(key).ok()?;
        let iv = iv.try_into().ok()?;
        if encrypt { cipher.encrypt(iv, payload).ok() } else { cipher.decrypt(iv, payload).ok() }
    }
    let encrypt = arguments.get_or_undefined(0).to_boolean();
    let (key, iv) = (input(arguments, 1, context)?, input(arguments, 2, context)?);
    let (aad, msg) = (input(arguments, 3, context)?, input(arguments, 4, context)?);
    let payload = Payload { msg: &msg, aad: &aad };
    let done = match (key.len(), iv.len()) {
        (16, 12) => run::<AesGcm<Aes128, U12>>(encrypt, &key, &iv, payload),
        (24, 12) => run::<AesGcm<Aes192, U12>>(encrypt, &key, &iv, payload),
        (32, 12) => run::<AesGcm<Aes256, U12>>(encrypt, &key, &iv, payload),
        (16, 16) => run::<AesGcm<Aes128, U16>>(encrypt, &key, &iv, payload),
        (24, 16) => run::<AesGcm<Aes192, U16>>(encrypt, &key, &iv, payload),
        (32, 16) => run::<AesGcm<Aes256, U16>>(encrypt, &key, &iv, payload),
        _ => None,
    };
    answer(done, context)
}

/// `aesCbc(encrypt, key, iv, bytes)`: null where the padding is wrong.
fn aes_cbc(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let encrypt = arguments.get_or_undefined(0).to_boolean();
    let (key, iv, data) = (input(arguments, 1, context)?, input(arguments, 2, context)?, input(arguments, 3, context)?);
    let done = match key.len() {
        16 => cbc::<Aes128>(encrypt, &key, &iv, data),
        24 => cbc::<Aes192>(encrypt, &key, &iv, data),
        _ => cbc::<Aes256>(encrypt, &key, &iv, data),
    };
    answer(done, context)
}

/// Cipher block chaining with the padding of PKCS #7.
fn cbc<A>(encrypt: bool, key: &[u8], iv: &[u8], mut data: Vec<u8>) -> Option<Vec<u8>>
where
    A: KeyInit + BlockCipherEncrypt + BlockCipherDecrypt + BlockSizeUser<BlockSize = U16>,
{
    const BLOCK: usize = 16;
    let cipher = A::new_from_slice(key).ok()?;
    let mut last: [u8; BLOCK] = iv.try_into().ok()?;
    if encrypt {
        let padding = BLOCK - data.len() % BLOCK;
        data.resize(data.len() + padding, padding as u8);
    } else if data.is_empty() || !data.len().is_multiple_of(BLOCK) {
        return None;
    }
    for chunk in data.chunks_exact_mut(BLOCK) {
        let mut block: [u8; BLOCK] = (&*chunk).try_into().ok()?;
        let before = block;
        if encrypt {
            block.iter_mut().zip(last).for_each(|(byte, last)| *byte ^= last);
        }
        let mut array = Array::from(block);
        if encrypt {
            cipher.encrypt_block(&mut array)
        } else {
            cipher.decrypt_block(&mut array)
        }
        block = array.into();
        if encrypt {
            last = block;
        } else {
            block.iter_mut().zip(last).for_each(|(byte, last)| *byte ^= last);
            last = before;
        }
        chunk.copy_from_slice(&block);
    }
    if !encrypt {
        let padding = usize::from(*data.last()?);
        let content = data.len().checked_sub(padding)?;
        if padding == 0 || padding > BLOCK || data[content..].iter().any(|byte| usize::from(*byte) != padding) {
            return None;
        }
        data.truncate(content);
    }
    Some(data)
}

/// `hkdf(hash, key, salt, info, length)`: null where so much cannot be derived.
fn hkdf(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (key, salt, info) = (input(arguments, 1, context)?, input(arguments, 2, context)?, input(arguments, 3, context)?);
    let mut derived = vec![0; number(arguments, 4)];
    let done = match &*string(arguments, 0).to_std_string_lossy() {
        "SHA-1" => Hkdf::<Sha1>::new(Some(&salt), &key).expand(&info, &mut derived),
        "SHA-256" => Hkdf::<Sha256>::new(Some(&salt), &key).expand(&info, &mut derived),
        "SHA-384" => Hkdf::<Sha384>::new(Some(&salt), &key).expand(&info, &mut derived),
        _ => Hkdf::<Sha512>::new(Some(&salt), &key).expand(&info, &mut derived),
    };
    answer(done.ok().map(|()| derived), context)
}

/// `pbkdf2(hash, password, salt, iterations, length)`.
fn pbkdf2(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (password, salt) = (input(arguments, 1, context)?, input(arguments, 2, context)?);
    let (rounds, mut derived) = (number(arguments, 3) as u32, vec![0; number(arguments, 4)]);
    let done = match &*string(arguments, 0).to_std_string_lossy() {
        "SHA-1" => pbkdf2::pbkdf2::<Hmac<Sha1>>(&password, &salt, rounds, &mut derived),
        "SHA-256" => pbkdf2::pbkdf2::<Hmac<Sha256>>(&password, &salt, rounds, &mut derived),
        "SHA-384" => pbkdf2::pbkdf2::<Hmac<Sha384>>(&password, &salt, rounds, &mut derived),
        _ => pbkdf2::pbkdf2::<Hmac<Sha512>>(&password, &salt, rounds, &mut derived),
    };
    answer(done.ok().map(|()| derived), context)
}

/// A private key, where one was given, and a public one.
struct Pair {
    private: Option<Vec<u8>>,
    public: Vec<u8>,
    /// In the format asked for.
    encoded: Option<Vec<u8>>,
}

macro_rules! curve {
    ($name:ident, $curve:ident) => {
        mod $name {
            use $curve::{
                PublicKey, SecretKey,
                ecdsa::{
                    Signature, SigningKey, VerifyingKey,
                    signature::hazmat::{PrehashSigner, PrehashVerifier},
                },
                elliptic_curve::sec1::ToSec1Point,
                pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey},
            };

            use super::Pair;

            pub(super) fn key(from: &str, bytes: &[u8], to: &str) -> Option<Pair> {
                let secret = match from {
                    "private" => Some(SecretKey::from_slice(bytes).ok()?),
                    "pkcs8" => Some(SecretKey::from_pkcs8_der(bytes).ok()?),
                    _ => None,
                };
                let public = match (&secret, from) {
                    (Some(secret), _) => secret.public_key(),
                    (None, "spki") => PublicKey::from_public_key_der(bytes).ok()?,
                    (None, _) => PublicKey::from_sec1_bytes(bytes).ok()?,
                };
                let encoded = match to {
                    "pkcs8" => Some(secret.as_ref()?.to_pkcs8_der().ok()?.as_bytes().to_vec()),
                    "spki" => Some(public.to_public_key_der().ok()?.as_bytes().to_vec()),
                    _ => None,
                };
                let private = secret.map(|secret| secret.to_bytes().to_vec());
                Some(Pair { private, public: public.to_sec1_point(false).as_bytes().to_vec(), encoded })
            }

            pub(super) fn sign(private: &[u8], digest: &[u8]) -> Option<Vec<u8>> {
                let signature: Signature = SigningKey::from_slice(private).ok()?.sign_prehash(digest).ok()?;
                Some(signature.to_bytes().to_vec())
            }

            pub(super) fn verify(public: &[u8], digest: &[u8], signature: &[u8]) -> Option<bool> {
                let key = VerifyingKey::from_sec1_bytes(public).ok()?;
                let Ok(signature) = Signature::from_slice(signature) else { return Some(false) };
                Some(key.verify_prehash(digest, &signature).is_ok())
            }
        }
    };
}

curve!(curve256, p256);
curve!(curve384, p384);

mod ed25519 {
    use ed25519_dalek::{
        Signature, Signer, SigningKey, VerifyingKey,
        pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey},
    };

    use super::Pair;

    /// What stands before the seed in PKCS #8 without the public key, as others write it (RFC 8410).
    const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

    pub(super) fn key(from: &str, bytes: &[u8], to: &str) -> Option<Pair> {
        let secret = match from {
            "private" => Some(SigningKey::from_bytes(bytes.try_into().ok()?)),
            "pkcs8" => Some(SigningKey::from_pkcs8_der(bytes).ok()?),
            _ => None,
        };
        let public = match (&secret, from) {
            (Some(secret), _) => secret.verifying_key(),
            (None, "spki") => VerifyingKey::from_public_key_der(bytes).ok()?,
            (None, _) => VerifyingKey::from_bytes(bytes.try_into().ok()?).ok()?,
        };
        let encoded = match to {
            "pkcs8" => Some([&PKCS8[..], secret.as_ref()?.as_bytes()].concat()),
            "spki" => Some(public.to_public_key_der().ok()?.as_bytes().to_vec()),
            _ => None,
        };
        Some(Pair { private: secret.map(|secret| secret.to_bytes().to_vec()), public: public.as_bytes().to_vec(), encoded })
    }

    pub(super) fn sign(private: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        Some(SigningKey::from_bytes(private.try_into().ok()?).sign(data).to_bytes().to_vec())
    }

    pub(super) fn verify(public: &[u8], data: &[u8], signature: &[u8]) -> Option<bool> {
        let key = VerifyingKey::from_bytes(public.try_into().ok()?).ok()?;
        let Ok(signature) = Signature::from_slice(signature) else { return Some(false) };
        Some(key.verify_strict(data, &signature).is_ok())
    }
}

/// `ecKey(curve, from, bytes, to)`: reads a key (`private`, `public`, `pkcs8`, `spki`) and gives `{private, public, encoded}`, or null where it is none.
fn ec_key(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (from, to) = (string(arguments, 1).to_std_string_lossy(), string(arguments, 3).to_std_string_lossy());
    let data = input(arguments, 2, context)?;
    let pair = match &*string(arguments, 0).to_std_string_lossy() {
        "P-256" => curve256::key(&from, &data, &to),
        "P-384" => curve384::key(&from, &data, &to),
        _ => ed25519::key(&from, &data, &to),
    };
    let Some(pair) = pair else { return Ok(JsValue::null()) };
    let fields = [
        ("private", answer(pair.private, context)?),
        ("public", answer(Some(pair.public), context)?),
        ("encoded", answer(pair.encoded, context)?),
    ];
    record(fields, context)
}

/// `ecSign(curve, private, hash, bytes)`.
fn ec_sign(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (private, data) = (input(arguments, 1, context)?, input(arguments, 3, context)?);
    let digest = |arguments: &[JsValue]| hash(&string(arguments, 2).to_std_string_lossy(), &data);
    let signature = match &*string(arguments, 0).to_std_string_lossy() {
        "P-256" => curve256::sign(&private, &digest(arguments)),
        "P-384" => curve384::sign(&private, &digest(arguments)),
        _ => ed25519::sign(&private, &data),
    };
    answer(signature, context)
}

/// `ecVerify(curve, public, hash, signature, bytes)`.
fn ec_verify(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (public, signature, data) = (input(arguments, 1, context)?, input(arguments, 3, context)?, input(arguments, 4, context)?);
    let digest = |arguments: &[JsValue]| hash(&string(arguments, 2).to_std_string_lossy(), &data);
    let good = match &*string(arguments, 0).to_std_string_lossy() {
        "P-256" => curve256::verify(&public, &digest(arguments), &signature),
        "P-384" => curve384::verify(&public, &digest(arguments), &signature),
        _ => ed25519::verify(&public, &data, &signature),
    };
    Ok(good.unwrap_or(false).into())
}
