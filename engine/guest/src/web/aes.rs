//! AES in its modes, on the block cipher of the `aes` crate: GCM (NIST SP 800-38D) with an IV and a tag of any length that Web Cryptography allows, which the
//! `aes-gcm` crate fixes at compile time; CBC with the padding of PKCS #7; key wrap (RFC 3394).

use aes::{
    Aes128, Aes192, Aes256,
    cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit, consts::U16},
};
use ghash::{GHash, universal_hash::UniversalHash};

use super::crypto::same;

const BLOCK: usize = 16;
type Block = [u8; BLOCK];

/// AES with a key of any of its lengths.
enum Cipher {
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
}

impl Cipher {
    fn new(key: &[u8]) -> Option<Self> {
        Some(match key.len() {
            16 => Self::Aes128(KeyInit::new_from_slice(key).ok()?),
            24 => Self::Aes192(KeyInit::new_from_slice(key).ok()?),
            _ => Self::Aes256(KeyInit::new_from_slice(key).ok()?),
        })
    }

    fn encrypt(&self, block: Block) -> Block {
        fn run(cipher: &impl BlockCipherEncrypt<BlockSize = U16>, block: Block) -> Block {
            let mut block = Array::from(block);
            cipher.encrypt_block(&mut block);
            block.into()
        }
        match self {
            Self::Aes128(cipher) => run(cipher, block),
            Self::Aes192(cipher) => run(cipher, block),
            Self::Aes256(cipher) => run(cipher, block),
        }
    }

    fn decrypt(&self, block: Block) -> Block {
        fn run<A: BlockCipherDecrypt + BlockSizeUser<BlockSize = U16>>(cipher: &A, block: Block) -> Block {
            let mut block = Array::from(block);
            cipher.decrypt_block(&mut block);
            block.into()
        }
        match self {
            Self::Aes128(cipher) => run(cipher, block),
            Self::Aes192(cipher) => run(cipher, block),
            Self::Aes256(cipher) => run(cipher, block),
        }
    }
}

fn xor(block: &mut [u8], with: &[u8]) {
    block.iter_mut().zip(with).for_each(|(byte, with)| *byte ^= with);
}

/// GHASH of two texts, each padded, and their lengths in bits.
fn ghash(key: &Block, first: &[u8], second: &[u8]) -> Block {
    let mut hash = GHash::new(&Array::from(*key));
    hash.update_padded(first);
    hash.update_padded(second);
    let mut lengths = [0; BLOCK];
    lengths[..8].copy_from_slice(&(first.len() as u64 * 8).to_be_bytes());
    lengths[8..].copy_from_slice(&(second.len() as u64 * 8).to_be_bytes());
    hash.update(&[Array::from(lengths)]);
    hash.finalize().into()
}

/// Encrypts and appends the tag, or takes the tag and decrypts; none where it is wrong.
pub(super) fn gcm(encrypt: bool, key: &[u8], iv: &[u8], additional: &[u8], mut data: Vec<u8>, tag_bytes: usize) -> Option<Vec<u8>> {
    let cipher = Cipher::new(key)?;
    let hash_key = cipher.encrypt([0; BLOCK]);
    let mut counter = [0; BLOCK];
    if iv.len() == 12 {
        counter[..12].copy_from_slice(iv);
        counter[BLOCK - 1] = 1;
    } else {
        counter = ghash(&hash_key, &[], iv);
    }
    let mask = cipher.encrypt(counter);
    let tag = |data: &[u8]| {
        let mut tag = ghash(&hash_key, additional, data);
        xor(&mut tag, &mask);
        tag
    };
    if !encrypt {
        let given = data.split_off(data.len().checked_sub(tag_bytes)?);
        if !same(&tag(&data)[..tag_bytes], &given) {
            return None;
        }
    }
    for chunk in data.chunks_mut(BLOCK) {
        let [.., a, b, c, d] = counter;
        counter[BLOCK - 4..].copy_from_slice(&u32::from_be_bytes([a, b, c, d]).wrapping_add(1).to_be_bytes());
        xor(chunk, &cipher.encrypt(counter));
    }
    if encrypt {
        let tag = tag(&data);
        data.extend_from_slice(&tag[..tag_bytes]);
    }
    Some(data)
}

/// Pads and encrypts, or decrypts and takes the padding; none where it is wrong.
pub(super) fn cbc(encrypt: bool, key: &[u8], iv: &[u8], mut data: Vec<u8>) -> Option<Vec<u8>> {
    let cipher = Cipher::new(key)?;
    let mut last: Block = iv.try_into().ok()?;
    if encrypt {
        let padding = BLOCK - data.len() % BLOCK;
        data.resize(data.len() + padding, padding as u8);
    } else if data.is_empty() || !data.len().is_multiple_of(BLOCK) {
        return None;
    }
    for chunk in data.chunks_exact_mut(BLOCK) {
        let given: Block = (&*chunk).try_into().ok()?;
        if encrypt {
            xor(&mut last, &given);
            last = cipher.encrypt(last);
            chunk.copy_from_slice(&last);
        } else {
            chunk.copy_from_slice(&cipher.decrypt(given));
            xor(chunk, &last);
            last = given;
        }
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

/// Wraps a key, or unwraps one; none where it was changed.
pub(super) fn kw(wrap: bool, key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    const HALF: usize = BLOCK / 2;
    const START: [u8; HALF] = [0xa6; HALF];
    const ROUNDS: usize = 6;
    let cipher = Cipher::new(key)?;
    let least = if wrap { 2 } else { 3 };
    if !data.len().is_multiple_of(HALF) || data.len() < least * HALF {
        return None;
    }
    let mut block: Block = [0; BLOCK];
    let mut registers = if wrap {
        block[..HALF].copy_from_slice(&START);
        data.to_vec()
    } else {
        block[..HALF].copy_from_slice(&data[..HALF]);
        data[HALF..].to_vec()
    };
    let count = registers.len() / HALF;
    for step in 0..ROUNDS * count {
        let step = if wrap { step } else { ROUNDS * count - 1 - step };
        let (at, number) = (step % count * HALF, (step as u64 + 1).to_be_bytes());
        block[HALF..].copy_from_slice(&registers[at..at + HALF]);
        if wrap {
            block = cipher.encrypt(block);
            xor(&mut block[..HALF], &number);
        } else {
            xor(&mut block[..HALF], &number);
            block = cipher.decrypt(block);
        }
        registers[at..at + HALF].copy_from_slice(&block[HALF..]);
    }
    if wrap {
        return Some([&block[..HALF], &registers].concat());
    }
    same(&block[..HALF], &START).then_some(registers)
}
