use schemars::JsonSchema;
use serde::Deserialize;

/// A mesh of proxies beside the pods.
///
/// Nothing is rendered of it so far; the platforms that need it are open in `COVERAGE.md`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mesh {
    /// Which one.
    pub kind: MeshKind,
    /// Whether pods take connections with the mesh's certificates only.
    pub strict: bool,
    /// Whether what leaves the cluster goes through a gateway.
    #[serde(default)]
    pub egress_gateway: bool,
    /// The component that is asked whether a request may pass; without an answer, none may.
    pub asks: Option<String>,
}

/// Which mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MeshKind {
    /// Istio.
    Istio,
}

/// Who may pass at a route.
///
/// Nothing is rendered of it so far: a host with such a route gets no Ingress, which would be open to everybody.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// Whoever shows a token.
    Token(TokenAuth),
    /// Whoever has a certificate.
    Certificate(CertificateAuth),
}

/// Whoever shows a token of this issuer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenAuth {
    /// The issuer: a host, whose URL is then the same everywhere.
    pub issuer: String,
    /// A header and a claim of the token that must say the same.
    pub tenant: Option<TenantRule>,
    /// Path prefixes that need none.
    #[serde(default)]
    pub except: Vec<String>,
}

/// A tenant sees what is its own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantRule {
    /// The request's header.
    pub header: String,
    /// The token's claim.
    pub claim: String,
}

/// Whoever has a certificate of this authority.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateAuth {
    /// The authority's certificate: `SECRET.KEY`.
    pub authority: String,
    /// The list of those that were revoked: `SECRET.KEY`.
    pub revoked: Option<String>,
    /// Path prefixes that need none.
    #[serde(default)]
    pub except: Vec<String>,
}
