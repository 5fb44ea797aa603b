//! What a job may do beyond computing: the grants it asks for, and what decides whether it gets them.
//!
//! One syntax everywhere: an entry of the JSON lists below is what `ampoule run` takes after `--allow-net` and, with the path of this machine added, `--dir`.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::NetRule;

/// Most entries of one list of [`Grants`]: a job that needs more needs a pattern.
pub const MAX_GRANTS: usize = 64;
/// Most characters of a granted name.
pub const MAX_GRANT_CHARS: usize = 128;
/// Most bytes of one setting of [`Grants::env`].
pub const MAX_ENV_BYTES: usize = 16 << 10;

/// Powers of one job, by name. What is not here, a script cannot do.
///
/// `{"net":["api.example.com"], "dirs":["data:ro"], "env":{"REGION":"eu"}, "secrets":["API_KEY"], "kv":["carts:rw"]}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default, remote = "Self")]
pub struct Grants {
    /// Hosts that `fetch` may reach.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub net: Vec<NetRule>,
    /// Folders, `ctx.dirs.NAME`. Where they are is set by whoever runs the worker.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub dirs: Vec<NameRule>,
    /// Settings, `ctx.env.NAME`. They come with the job, so an operator has nothing to allow.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Secrets, `ctx.secrets.get(NAME)`. Their values are with the worker, never in a job.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// Namespaces of keys and values, `ctx.kv.NAME`: the tenant's own, kept by the manager.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub kv: Vec<NameRule>,
    /// Published scripts that it may submit jobs of, `ctx.jobs`; `*` for every script, also one that it writes itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<String>,
    /// Stores of blobs, `ctx.blob.NAME`. Where they are is set by whoever runs the worker.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub blob: Vec<NameRule>,
}

impl Serialize for Grants {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Grants {
    /// From an object alone. A derived implementation takes an array, too, and `[]` would be no grants at all.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Grants;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of grants")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Grants, A::Error> {
                Grants::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// Reading alone, or writing too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// `ro`: reading.
    Read,
    /// `rw`: reading and writing.
    Write,
}

impl Access {
    /// As grants write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "ro",
            Self::Write => "rw",
        }
    }
}

/// A name and what may be done with it: `NAME`, `NAME:ro` or `NAME:rw`. Without an access it is `ro`. In a policy, `*` stands for every name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NameRule {
    /// What scripts call it.
    pub name: String,
    /// What they may do.
    pub access: Access,
}

/// A grant that is written wrongly. Says what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {wanted}")]
pub struct GrantSyntax {
    /// What was written.
    pub text: String,
    /// What would be right.
    pub wanted: String,
}

impl GrantSyntax {
    pub(crate) fn new(text: &str, wanted: impl Into<String>) -> Self {
        // A hostile text is not printed whole.
        Self { text: text.chars().take(MAX_GRANT_CHARS).collect(), wanted: wanted.into() }
    }
}

/// Whether this can name a folder, secret or setting: letters, digits, `_`, `-` and `.`, at most 128, and not a dot first.
pub fn grant_name(text: &str) -> Result<(), GrantSyntax> {
    let right = !text.is_empty()
        && text.len() <= MAX_GRANT_CHARS
        && !text.starts_with('.')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    if right { Ok(()) } else { Err(GrantSyntax::new(text, "is no name: 1 to 128 letters, digits, `_`, `-` and `.`, no dot first")) }
}

impl FromStr for NameRule {
    type Err = GrantSyntax;

    fn from_str(text: &str) -> Result<Self, GrantSyntax> {
        let (name, access) = match text.rsplit_once(':') {
            None => (text, Access::Read),
            Some((name, "ro")) => (name, Access::Read),
            Some((name, "rw")) => (name, Access::Write),
            Some(_) => return Err(GrantSyntax::new(text, "must end in `:ro` or `:rw`, or have no colon")),
        };
        if name != "*" {
            grant_name(name)?;
        }
        Ok(Self { name: name.to_owned(), access })
    }
}

impl fmt::Display for NameRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.access.as_str())
    }
}

impl TryFrom<String> for NameRule {
    type Error = GrantSyntax;

    fn try_from(text: String) -> Result<Self, GrantSyntax> {
        text.parse()
    }
}

impl From<NameRule> for String {
    fn from(rule: NameRule) -> Self {
        rule.to_string()
    }
}

impl NameRule {
    fn covers(&self, asked: &Self) -> bool {
        (self.name == "*" || self.name == asked.name) && self.access >= asked.access
    }
}

/// A grant that a job asks for and does not get.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("grants.{kind}: `{what}` is not allowed by {by}")]
pub struct RefusedGrant {
    /// Which list.
    pub kind: &'static str,
    /// The entry.
    pub what: String,
    /// Who refuses.
    pub by: GrantedBy,
}

/// Who has a say in what a job may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantedBy {
    /// Whoever published the script said what it needs.
    Manifest,
    /// Whoever runs the manager said what jobs may have.
    Policy,
    /// The job that submits it has no more.
    Parent,
}

impl fmt::Display for GrantedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Manifest => "the script's manifest",
            Self::Policy => "this manager's policy",
            Self::Parent => "the job that submits it",
        })
    }
}

impl Grants {
    /// Nothing at all is granted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What a job runs with: what it asks for, and else what its script's manifest asks for. All of it must be within the manifest, if there is one, and within the
    /// operator's policy: the first entry that is not is the error. So what runs is what all three agree on, and nobody finds out later.
    pub fn resolve(asked: Option<&Self>, manifest: Option<&Self>, policy: &Self) -> Result<Self, RefusedGrant> {
        let Some(grants) = asked.or(manifest) else { return Ok(Self::default()) };
        if let Some(manifest) = manifest {
            manifest.covers(grants, GrantedBy::Manifest)?;
        }
        policy.covers(grants, GrantedBy::Policy)?;
        Ok(grants.clone())
    }

    /// Whether jobs of this script may be submitted; `*`: of one that is not published.
    pub fn submits(&self, script: &str) -> bool {
        self.jobs.iter().any(|held| held == "*" || held == script)
    }

    /// Whether every entry of `asked` is within these; settings need nobody's leave.
    pub fn covers(&self, asked: &Self, by: GrantedBy) -> Result<(), RefusedGrant> {
        fn all<'a, T>(
            kind: &'static str,
            mut asked: impl Iterator<Item = &'a T>,
            by: GrantedBy,
            held: impl Fn(&T) -> bool,
        ) -> Result<(), RefusedGrant>
        where
            T: fmt::Display + 'a,
        {
            asked.find(|entry| !held(entry)).map_or(Ok(()), |entry| Err(RefusedGrant { kind, what: entry.to_string(), by }))
        }
        all("net", asked.net.iter(), by, |rule: &NetRule| self.net.iter().any(|held| held.covers(rule)))?;
        all("dirs", asked.dirs.iter(), by, |rule: &NameRule| self.dirs.iter().any(|held| held.covers(rule)))?;
        all("secrets", asked.secrets.iter(), by, |name: &String| self.secrets.iter().any(|held| held == "*" || held == name))?;
        all("kv", asked.kv.iter(), by, |rule: &NameRule| self.kv.iter().any(|held| held.covers(rule)))?;
        all("jobs", asked.jobs.iter(), by, |name: &String| self.submits(name))?;
        all("blob", asked.blob.iter(), by, |rule: &NameRule| self.blob.iter().any(|held| held.covers(rule)))
    }

    /// What is wrong with grants that are well-formed JSON.
    pub fn check(&self) -> Result<(), GrantSyntax> {
        let counts = [
            ("net", self.net.len()),
            ("dirs", self.dirs.len()),
            ("env", self.env.len()),
            ("secrets", self.secrets.len()),
            ("kv", self.kv.len()),
            ("jobs", self.jobs.len()),
            ("blob", self.blob.len()),
        ];
        if let Some((kind, count)) = counts.into_iter().find(|(_, count)| *count > MAX_GRANTS) {
            return Err(GrantSyntax::new(kind, format!("has {count} entries, at most {MAX_GRANTS} are allowed")));
        }
        for (name, value) in &self.env {
            grant_name(name)?;
            if value.len() > MAX_ENV_BYTES {
                return Err(GrantSyntax::new(name, format!("has {} bytes, at most {MAX_ENV_BYTES} are allowed", value.len())));
            }
        }
        self.secrets.iter().chain(self.jobs.iter().filter(|name| *name != "*")).try_for_each(|name| grant_name(name))?;
        if let Some(rule) = self.dirs.iter().chain(&self.kv).chain(&self.blob).find(|rule| rule.name == "*") {
            return Err(GrantSyntax::new(&rule.to_string(), "stands for every name, which only a policy may"));
        }
        Ok(())
    }

    /// Whether the folder, namespace or store is among `rules` with this access.
    pub fn allows(rules: &[NameRule], name: &str, access: Access) -> bool {
        rules.iter().any(|rule| rule.name == name && rule.access >= access)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(json: &str) -> Grants {
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
    }

    #[test]
    fn one_syntax_goes_round() {
        let text = r#"{"net":["api.example.com","*.example.org:8443=GET,POST"],"dirs":["data:ro"],"env":{"A":"b"},"secrets":["KEY"],"kv":["carts:rw"],"jobs":["tax","*"],"blob":["reports:rw"]}"#;
        assert_eq!(serde_json::to_string(&grants(text)).unwrap(), text);
        assert_eq!(grants(r#"{"dirs":["data"]}"#), grants(r#"{"dirs":["data:ro"]}"#));
        assert_eq!(serde_json::to_string(&Grants::default()).unwrap(), "{}");
        for wrong in
            [r#"{"dirs":["data:x"]}"#, r#"{"dirs":["../x"]}"#, r#"{"dirs":[""]}"#, r#"{"disk":[]}"#, r#"{"net":["a b"]}"#, "[]", "[[],[]]"]
        {
            assert!(serde_json::from_str::<Grants>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_runs_is_within_manifest_and_policy() {
        let policy = grants(r#"{"net":["*.example.com"],"dirs":["data:ro","carts:rw"],"secrets":["A"],"kv":["*:ro"]}"#);
        let manifest = grants(r#"{"net":["api.example.com"],"dirs":["carts:ro"]}"#);
        let refused = |asked: &str, manifest: Option<&Grants>| {
            let refused = Grants::resolve(Some(&grants(asked)), manifest, &policy).unwrap_err();
            (refused.kind, refused.by)
        };
        for asked in [r#"{"net":["api.example.com:443=GET"]}"#, r#"{"dirs":["carts"]}"#, "{}", r#"{"env":{"A":"b"}}"#] {
            let asked = grants(asked);
            assert_eq!(Grants::resolve(Some(&asked), Some(&manifest), &policy).unwrap(), asked);
        }
        assert_eq!(Grants::resolve(None, Some(&manifest), &policy).unwrap(), manifest);
        assert!(Grants::resolve(None, None, &policy).unwrap().is_empty());
        assert_eq!(refused(r#"{"dirs":["carts:rw"]}"#, Some(&manifest)), ("dirs", GrantedBy::Manifest));
        assert_eq!(refused(r#"{"net":["example.com"]}"#, None), ("net", GrantedBy::Policy));
        assert_eq!(refused(r#"{"net":["api.example.com:8080"]}"#, None), ("net", GrantedBy::Policy));
        assert_eq!(refused(r#"{"dirs":["data:rw"]}"#, None), ("dirs", GrantedBy::Policy));
        assert_eq!(refused(r#"{"secrets":["B"]}"#, None), ("secrets", GrantedBy::Policy));
        assert_eq!(refused(r#"{"kv":["a:rw"]}"#, None), ("kv", GrantedBy::Policy));
    }

    #[test]
    fn sizes_are_bounded() {
        let many = Grants { secrets: (0..=MAX_GRANTS).map(|n| format!("s{n}")).collect(), ..Grants::default() };
        assert!(many.check().unwrap_err().to_string().contains("65 entries"));
        assert!(grants(r#"{"dirs":["*:rw"]}"#).check().is_err());
        assert!(grants(r#"{"env":{"a b":""}}"#).check().is_err());
    }
}
