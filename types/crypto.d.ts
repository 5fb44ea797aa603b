
// ---- Cryptography

declare class Crypto {
  private constructor();
  readonly subtle: SubtleCrypto;
  /** At most 65,536 bytes at once. */
  getRandomValues<T extends Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array>(array: T): T;
  randomUUID(): string;
}
declare const crypto: Crypto;

type KeyType = "private" | "public" | "secret";
type KeyUsage = "encrypt" | "decrypt" | "sign" | "verify" | "deriveKey" | "deriveBits" | "wrapKey" | "unwrapKey";
type KeyFormat = "raw" | "pkcs8" | "spki" | "jwk";
type HashName = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";
type Hash = HashName | { name: HashName };
interface KeyAlgorithm {
  name: string;
  hash?: { name: HashName };
  length?: number;
  namedCurve?: "P-256" | "P-384";
}
interface JsonWebKey {
  alg?: string;
  crv?: string;
  d?: string;
  ext?: boolean;
  k?: string;
  key_ops?: string[];
  kty?: string;
  x?: string;
  y?: string;
}

declare class CryptoKey {
  private constructor();
  readonly algorithm: KeyAlgorithm;
  readonly extractable: boolean;
  readonly type: KeyType;
  readonly usages: KeyUsage[];
}
interface CryptoKeyPair {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

type AesKeyAlgorithm = { name: "AES-GCM" | "AES-CBC" | "AES-KW"; length: 128 | 192 | 256 };
type HmacKeyAlgorithm = { name: "HMAC"; hash: Hash; length?: number };
type SignatureKeyAlgorithm = { name: "ECDSA"; namedCurve: "P-256" | "P-384" } | "Ed25519" | { name: "Ed25519" };
type KeyImportAlgorithm =
  | HmacKeyAlgorithm
  | SignatureKeyAlgorithm
  | "AES-GCM" | "AES-CBC" | "AES-KW" | "HKDF" | "PBKDF2"
  | { name: "AES-GCM" | "AES-CBC" | "AES-KW" | "HKDF" | "PBKDF2" };
type CipherAlgorithm =
  | { name: "AES-GCM"; iv: BufferSource; additionalData?: BufferSource; tagLength?: number }
  | { name: "AES-CBC"; iv: BufferSource };
type WrapAlgorithm = CipherAlgorithm | "AES-KW" | { name: "AES-KW" };
type SignatureAlgorithm = "HMAC" | { name: "HMAC" } | "Ed25519" | { name: "Ed25519" } | { name: "ECDSA"; hash: Hash };
type DerivationAlgorithm =
  | { name: "HKDF"; hash: Hash; salt: BufferSource; info: BufferSource }
  | { name: "PBKDF2"; hash: Hash; salt: BufferSource; iterations: number };

declare class SubtleCrypto {
  private constructor();
  digest(algorithm: Hash, data: BufferSource): Promise<ArrayBuffer>;
  generateKey(algorithm: SignatureKeyAlgorithm, extractable: boolean, usages: Iterable<KeyUsage>): Promise<CryptoKeyPair>;
  generateKey(algorithm: AesKeyAlgorithm | HmacKeyAlgorithm, extractable: boolean, usages: Iterable<KeyUsage>): Promise<CryptoKey>;
  importKey(format: "jwk", data: JsonWebKey, algorithm: KeyImportAlgorithm, extractable: boolean, usages: Iterable<KeyUsage>): Promise<CryptoKey>;
  importKey(format: Exclude<KeyFormat, "jwk">, data: BufferSource, algorithm: KeyImportAlgorithm, extractable: boolean, usages: Iterable<KeyUsage>): Promise<CryptoKey>;
  exportKey(format: "jwk", key: CryptoKey): Promise<JsonWebKey>;
  exportKey(format: Exclude<KeyFormat, "jwk">, key: CryptoKey): Promise<ArrayBuffer>;
  encrypt(algorithm: CipherAlgorithm, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  decrypt(algorithm: CipherAlgorithm, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  wrapKey(format: KeyFormat, key: CryptoKey, wrappingKey: CryptoKey, wrapAlgorithm: WrapAlgorithm): Promise<ArrayBuffer>;
  unwrapKey(format: KeyFormat, wrappedKey: BufferSource, unwrappingKey: CryptoKey, unwrapAlgorithm: WrapAlgorithm, keyAlgorithm: KeyImportAlgorithm, extractable: boolean, usages: Iterable<KeyUsage>): Promise<CryptoKey>;
  sign(algorithm: SignatureAlgorithm, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  verify(algorithm: SignatureAlgorithm, key: CryptoKey, signature: BufferSource, data: BufferSource): Promise<boolean>;
  deriveBits(algorithm: DerivationAlgorithm, key: CryptoKey, length?: number | null): Promise<ArrayBuffer>;
  deriveKey(algorithm: DerivationAlgorithm, key: CryptoKey, derivedKey: AesKeyAlgorithm | HmacKeyAlgorithm, extractable: boolean, usages: Iterable<KeyUsage>): Promise<CryptoKey>;
}
