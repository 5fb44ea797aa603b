use schemars::JsonSchema;
use serde::Deserialize;

/// The clouds that the platform can stand in, each with what its objects are called there.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clouds {
    /// Amazon Web Services.
    pub aws: Option<Aws>,
    /// Oracle Cloud Infrastructure.
    pub oci: Option<Oci>,
    /// Microsoft Azure. Nothing is rendered of it so far.
    pub azure: Option<Azure>,
    /// Alibaba Cloud. Nothing is rendered of it so far.
    pub alicloud: Option<AliCloud>,
}

/// Microsoft Azure.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Azure {
    /// Id of the subscription.
    pub subscription: String,
    /// Id of the tenant.
    pub tenant: String,
    /// Region by default.
    pub location: String,
}

/// Alibaba Cloud.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AliCloud {
    /// Region by default.
    pub region: String,
}

/// Amazon Web Services.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aws {
    /// Region by default.
    pub region: String,
    /// Name of the EKS cluster by default.
    pub cluster: String,
    /// How pods get credentials.
    pub identity: Identity,
    /// ARN of a customer's key that encrypts the buckets: a third statement in each policy. None: Amazon's own key, which needs no grant.
    pub kms_key: Option<String>,
}

/// How pods get credentials of a cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// By the EKS Pod Identity Agent, an add-on of the cluster.
    PodIdentity,
}

/// Oracle Cloud Infrastructure.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oci {
    /// OCID of the compartment by default.
    pub compartment: String,
    /// OCID of the Kubernetes cluster by default.
    pub cluster: String,
    /// Which statements are written.
    pub statements: Statements,
}

/// Which statements are written for pairs of account and bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Statements {
    /// Three for each pair. The first of the three names no bucket, so that accounts with several buckets have it several times.
    Literal,
    /// Each once.
    Deduplicated,
}

/// A folder of objects in the cloud.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// What is in it.
    pub doc: String,
    /// Its name in the cloud by default; names are unique in the world.
    pub name: String,
    /// Whether older versions of objects are kept.
    #[serde(default)]
    pub versioning: bool,
    /// Days after which older versions go away; never if absent.
    pub keep_days: Option<u32>,
}

/// What a service account may do with buckets.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The service account.
    pub account: String,
    /// The buckets.
    pub buckets: Vec<String>,
}
