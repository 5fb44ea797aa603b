//! Web Cryptography's algorithms, by RustCrypto and dalek: <https://w3c.github.io/webcrypto>. Keys are plain bytes here: secrets, seeds, scalars, uncompressed
//! points. Nothing of it is secret from the host, which runs the guest.

use boa_engine::{Context, JsArgs, JsResult, JsValue, native_function::NativeFunctionPointer};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{aes, bytes, text::string, tools::record};
use crate::realm::bindings;

pub(super) const TOOLS: [(&str, NativeFunctionPointer); 13] = [
    ("randomBytes", random_bytes),
    ("fillRandom", fill_random),
    ("digest", digest),
    ("hmac", hmac),
    ("sameBytes", same_bytes),
    ("aesGcm", aes_gcm),
    ("aesCbc", aes_cbc),
    ("aesKw", aes_kw),
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

/// Whether bytes are the same, in a time that does not depend on where they differ.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}

/// `sameBytes(a, b)`.
fn same_bytes(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (a, b) = (input(arguments, 0, context)?, input(arguments, 1, context)?);
    Ok(same(&a, &b).into())
}

/// `aesGcm(encrypt, key, iv, additional, bytes, tagBytes)`: null where the tag is wrong.
fn aes_gcm(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let encrypt = arguments.get_or_undefined(0).to_boolean();
    let (key, iv, additional) = (input(arguments, 1, context)?, input(arguments, 2, context)?, input(arguments, 3, context)?);
    let (data, tag_bytes) = (input(arguments, 4, context)?, number(arguments, 5));
    answer(aes::gcm(encrypt, &key, &iv, &additional, data, tag_bytes), context)
}

/// `aesCbc(encrypt, key, iv, bytes)`: null where the padding is wrong.
fn aes_cbc(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let encrypt = arguments.get_or_undefined(0).to_boolean();
    let (key, iv, data) = (input(arguments, 1, context)?, input(arguments, 2, context)?, input(arguments, 3, context)?);
    answer(aes::cbc(encrypt, &key, &iv, data), context)
}

/// `aesKw(wrap, key, bytes)`: null where the wrapped key was changed, or what is to be wrapped has no length for it.
fn aes_kw(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let wrap = arguments.get_or_undefined(0).to_boolean();
    let (key, data) = (input(arguments, 1, context)?, input(arguments, 2, context)?);
    answer(aes::kw(wrap, &key, &data), context)
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
