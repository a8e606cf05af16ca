//! Who acts: one type for people, service accounts, the console and Holdfast itself. What a principal may do is what the
//! policy lets its member and role do, narrowed by its scopes.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::id::{MemberId, OrgId, SessionId, TokenId, UserId};
use crate::role::Role;
use crate::time::Timestamp;

/// Who it is, whatever it is known by. Limits, idempotency, generations and logs are kept for each subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Nobody we know.
    Anonymous,
    /// A person with an account.
    User(UserId),
    /// A member of one organisation without an account: a bot.
    ServiceAccount(MemberId),
    /// An administrator at the machine itself.
    Console,
    /// Holdfast's own work (clean-up, mail).
    System,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Anonymous => f.write_str("anonymous"),
            Subject::User(user) => user.fmt(f),
            Subject::ServiceAccount(member) => member.fmt(f),
            Subject::Console => f.write_str("console"),
            Subject::System => f.write_str("system"),
        }
    }
}

/// What a principal is known by. It can be withdrawn while it is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// None, or the machine itself.
    None,
    /// A signed-in browser.
    Session(SessionId),
    /// A token, good in one organisation.
    Token(OrgId, TokenId),
}

/// Who a principal is in one organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The organisation.
    pub org: OrgId,
    /// Who they are in it.
    pub member: MemberId,
    /// What they may do in it.
    pub role: Role,
}

/// Who acts, by what they are known, and how far their right goes at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Who.
    pub subject: Subject,
    /// By what they are known.
    pub credential: Credential,
    /// Whether they administer the installation. Never by a token.
    pub super_admin: bool,
    /// What the credential is good for.
    pub scopes: Scopes,
    /// Until when the credential is good at most; none: no date was set.
    pub expires_at: Option<Timestamp>,
    /// Who they are in the organisation that the request names.
    pub membership: Option<Membership>,
}

impl Principal {
    const fn bare(subject: Subject) -> Self {
        let (credential, scopes) = (Credential::None, Scopes::All);
        Self { subject, credential, super_admin: false, scopes, expires_at: None, membership: None }
    }

    /// Nobody we know.
    pub const fn anonymous() -> Self {
        Self::bare(Subject::Anonymous)
    }

    /// An administrator at the machine itself.
    pub const fn console() -> Self {
        Self::bare(Subject::Console)
    }

    /// Holdfast's own work.
    pub const fn system() -> Self {
        Self::bare(Subject::System)
    }

    /// A person by their session.
    pub fn signed_in(user: UserId, session: SessionId, super_admin: bool) -> Self {
        let credential = Credential::Session(session);
        Self { credential, super_admin, ..Self::bare(Subject::User(user)) }
    }

    /// Whoever holds a token.
    pub fn by_token(subject: Subject, org: OrgId, token: TokenId, scopes: Scopes) -> Self {
        Self { credential: Credential::Token(org, token), scopes, ..Self::bare(subject) }
    }

    /// The same, good until then.
    #[must_use]
    pub fn until(self, expires_at: Option<Timestamp>) -> Self {
        Self { expires_at, ..self }
    }

    /// The same, once it is known who they are in the organisation that the request names.
    #[must_use]
    pub fn as_member(&self, membership: Membership) -> Self {
        Self { membership: Some(membership), ..self.clone() }
    }

    /// The person, if it is one.
    pub fn user(&self) -> Option<UserId> {
        match self.subject {
            Subject::User(user) => Some(user),
            _ => None,
        }
    }

    /// The token, if it acts by one.
    pub fn token(&self) -> Option<TokenId> {
        match self.credential {
            Credential::Token(_, token) => Some(token),
            _ => None,
        }
    }

    /// The member, if the request is inside an organisation.
    pub fn member(&self) -> Option<MemberId> {
        self.membership.map(|membership| membership.member)
    }

    /// Whether nobody is known.
    pub fn is_anonymous(&self) -> bool {
        self.subject == Subject::Anonymous
    }

    /// Whether it is the machine itself.
    pub fn is_console(&self) -> bool {
        self.subject == Subject::Console
    }
}

/// What a credential is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scopes {
    /// Whatever its holder may do.
    All,
    /// These areas only.
    Only(Arc<[Scope]>),
}

impl Scopes {
    /// Whether operations of this area are among them.
    pub fn allow(&self, area: &str, writes: bool) -> bool {
        match self {
            Scopes::All => true,
            Scopes::Only(scopes) => {
                scopes.iter().any(|scope| scope.area == area && (scope.writes || !writes))
            }
        }
    }
}

/// One area of operations, to read or to write: `chat:read`. The area is the first word of an operation's id; who may write
/// may read as well.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The area.
    pub area: String,
    /// Whether it covers what changes something.
    pub writes: bool,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.area, if self.writes { "write" } else { "read" })
    }
}

impl FromStr for Scope {
    type Err = Cow<'static, str>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once(':').and_then(|(area, access)| match access {
            "read" => Some((area, false)),
            "write" => Some((area, true)),
            _ => None,
        });
        let plain = |area: &str| {
            !area.is_empty() && area.len() <= 40 && area.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        };
        match parts.filter(|(area, _)| plain(area)) {
            Some((area, writes)) => Ok(Self { area: area.to_owned(), writes }),
            None => Err("must look like chat:read or chat:write".into()),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Scope {
    fn schema_name() -> Cow<'static, str> {
        "Scope".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-z_]{1,40}:(read|write)$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REQ OPS-12
    #[test]
    fn a_scope_covers_its_area_and_writing_covers_reading() {
        let scopes = |texts: &[&str]| Scopes::Only(texts.iter().map(|t| t.parse().unwrap()).collect());
        assert!(Scopes::All.allow("chat", true));
        assert!(scopes(&["chat:read"]).allow("chat", false));
        assert!(!scopes(&["chat:read"]).allow("chat", true));
        assert!(scopes(&["chat:write"]).allow("chat", false));
        assert!(!scopes(&["chat:write"]).allow("member", false));
        assert!(!scopes(&[]).allow("chat", false));
        for bad in ["chat", "chat:", ":read", "chat:all", "Chat:read", "chat:read ", "chat:read:write", ""] {
            assert!(bad.parse::<Scope>().is_err(), "{bad:?}");
        }
    }
}
