//! People and how they prove who they are: accounts, sessions, passwords, set-up; and where they belong: organisations,
//! members, invitations. Also the mail that goes with it.

mod account;
mod age;
mod directory;
mod event;
mod installation;
mod invitation;
pub mod mail;
mod member;
mod organisation;
mod password;
pub mod people;
mod principal;
mod refold;
mod secret;
mod service_account;
mod session;
mod setup;
mod tenant;
#[cfg(test)]
mod tests;
mod token;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use access::{Generations, MembershipEnds, Module, Modules};
use directory::Memory;
use jobs::Registry;
use kernel::{
    Clock, Code, Entropy, Error, MemberId, OrgId, Result, Role, Scope, Scopes, Secret, SessionId, TokenId,
    UserId,
};
use store::{Store, Tenant, Tx, TxFuture};
use url::Url;

pub use account::me::{Me, MeMembership, MeOrg, MeUser};
pub use age::CleanUp;
pub use directory::Shown;
pub use event::{InvitationsChanged, MeChanged, MembersChanged, OrgChanged};
pub use invitation::{Invitation, InvitationId, InvitationState};
pub use mail::{MailConfig, MailSecurity};
pub use member::{Member, MemberPath, MemberState, MemberTarget};
pub use organisation::Org;
pub use password::hasher::HashCost;
pub use secret::{csrf_matches, csrf_token};
pub use session::Session;

use password::hasher::Hasher;
use people::People;

/// What the installation decides.
#[derive(Clone, Debug)]
pub struct IdentityConfig {
    /// Where people reach Holdfast. Links in mails come from here and never from a request's headers.
    pub public_url: Url,
    /// A session that is not used for so long ends, in microseconds.
    pub session_idle: i64,
    /// A session ends after so long at the latest, in microseconds.
    pub session_absolute: i64,
    /// The cost of password hashes.
    pub hash_cost: HashCost,
    /// Whether there is a mail server; without one, mail waits at the console.
    pub mails: bool,
}

/// The service: what operations share, and what the server asks. Cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<Core>);

struct Core {
    config: IdentityConfig,
    hasher: Hasher,
    memory: Memory,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    trust: age::Trust,
    people: People,
    others: OnceLock<Others>,
}

/// What identity needs of the other modules.
struct Others {
    membership_ends: Vec<Arc<dyn MembershipEnds>>,
    /// Of each role, the operations that it can ever carry out.
    granted: [Arc<[String]>; 4],
    /// The operations that tokens reach, each with the scope that it needs.
    reached: HashMap<&'static str, Scope>,
}

impl Identity {
    /// Makes the service. `shared`: other processes change the same database, so nothing is remembered between requests.
    pub fn new(
        config: IdentityConfig,
        generations: Arc<Generations>,
        shared: bool,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self> {
        if config.session_idle <= 0 || config.session_absolute <= 0 {
            return Err(Error::internal("the session times are not positive")
                .message("The session times are not right."));
        }
        if !matches!(config.public_url.scheme(), "https" | "http") || config.public_url.host_str().is_none() {
            return Err(Error::internal("public_url is no web address").message("public_url is not right."));
        }
        let hasher = Hasher::new(config.hash_cost, &*entropy)?;
        let memory = Memory::new(generations, shared);
        Ok(Self(Arc::new(Core {
            config,
            hasher,
            memory,
            clock,
            entropy,
            trust: Default::default(),
            people: People::default(),
            others: OnceLock::new(),
        })))
    }

    /// At the start: what the other modules end with a membership, and what the policy lets each role do.
    pub fn meet(&self, modules: &Modules) {
        let policy = modules.policy();
        let granted = Role::ALL.map(|role| {
            let may = policy.operations().filter(|id| policy.may_ever(id, role)).map(str::to_owned);
            may.collect::<Vec<_>>().into()
        });
        // Once: the second time nothing is different.
        let (membership_ends, reached) = (modules.membership_ends(), modules.scopes());
        drop(self.0.others.set(Others { membership_ends, granted, reached }));
    }

    /// Knows members' names, for the answers of all modules.
    pub fn people(&self) -> &People {
        &self.0.people
    }

    /// What identity brings.
    pub fn module(&self) -> Module {
        let (with, people) = (|| self.clone(), self.0.people.clone());
        Module::named("identity")
            .ids(&[
                OrgId::PREFIX,
                UserId::PREFIX,
                MemberId::PREFIX,
                SessionId::PREFIX,
                TokenId::PREFIX,
                invitation::InvitationId::PREFIX,
            ])
            .tables(&[
                "account",
                "installation",
                "invitation",
                "invitation_token",
                "login_failure",
                "member",
                "membership",
                "organisation",
                "password_reset",
                "session",
                "token",
                "token_secret",
            ])
            .policy(include_str!("../policy.toml"))
            .hears(move |events| people.hear(events))
            .event::<MembersChanged>()
            .event::<InvitationsChanged>()
            .event::<OrgChanged>()
            .event::<MeChanged>()
            .operation(setup::read::Read)
            .prepared(setup::complete::Complete(with()))
            .prepared(session::create::Create(with()))
            .operation(session::end::End)
            .operation(session::list::List(with()))
            .operation(session::revoke::Revoke)
            .operation(session::revoke_others::RevokeOthers)
            .operation(principal::read::Read(with()))
            .operation(account::me::Read(with()))
            .operation(account::me::Update(with()))
            .prepared(password::change::Change(with()))
            .prepared(password::rate::RatePassword(with()))
            .operation(password::request_reset::RequestReset(with()))
            .prepared(password::reset::Reset(with()))
            .operation(invitation::lookup::Lookup)
            .prepared(invitation::accept::Accept(with()))
            .operation(organisation::read::Read)
            .operation(organisation::update::Update)
            .operation(organisation::create::Create(with()))
            .operation(organisation::list::List)
            .operation(member::list::List)
            .operation(member::update::Update)
            .operation(member::remove::Remove(with()))
            .operation(member::import::Import)
            .operation(service_account::create::Create)
            .operation(token::create::Create(with()))
            .operation(token::list::List(with()))
            .operation(token::revoke::Revoke)
            .operation(invitation::create::Create(with()))
            .operation(invitation::list::List)
            .operation(invitation::revoke::Revoke)
            .operation(installation::read::Read(with()))
            .operation(installation::report_crash::ReportCrash)
            .operation(account::list::List)
            .operation(account::delete::Delete(with()))
            .operation(account::unlock::Unlock)
            .operation(account::readdress::Readdress)
            .operation(mail::list::List)
    }

    /// At start: while the installation is not set up, a new one-use token for the console, replacing the last one.
    pub async fn setup_token(&self, store: &Store) -> Result<Option<Secret>> {
        setup::token(store, secret::from_entropy(&*self.0.entropy)).await
    }

    /// At start: brings what is kept in folded form to the newest edition of the rule for text. Returns the organisations, for
    /// other modules to do the same.
    pub async fn refold(&self, store: &Store) -> Result<Vec<Tenant>> {
        store
            .write(|tx| {
                Box::pin(async move {
                    refold::refold(tx).await?;
                    tenant::all(tx).await
                })
            })
            .await
    }

    /// What this module does in jobs. Without a mail server mail waits at the console.
    pub fn jobs(&self, mail: Option<MailConfig>) -> Result<Registry> {
        let cleaner = age::Cleaner(self.clone());
        let registry = Registry::default().handler(mail::Nobody).handler(cleaner).schedule(age::schedule()?);
        Ok(match mail {
            Some(config) => registry.handler(mail::Sender::new(config)?),
            None => registry,
        })
    }

    pub(crate) fn config(&self) -> &IdentityConfig {
        &self.0.config
    }

    pub(crate) fn membership_ends(&self) -> &[Arc<dyn MembershipEnds>] {
        self.0.others.get().map_or(&[], |others| &others.membership_ends)
    }

    pub(crate) fn hasher(&self) -> &Hasher {
        &self.0.hasher
    }

    /// The operations that a role can ever carry out.
    pub(crate) fn granted(&self, role: Role) -> Arc<[String]> {
        let at = Role::ALL.iter().position(|r| *r == role).unwrap_or_default();
        self.0.others.get().and_then(|others| others.granted.get(at)).cloned().unwrap_or_default()
    }

    /// The scopes that a token can have.
    pub(crate) fn offered(&self) -> Vec<Scope> {
        let all: BTreeSet<&Scope> =
            self.0.others.get().into_iter().flat_map(|others| others.reached.values()).collect();
        all.into_iter().cloned().collect()
    }

    /// Whether a token can have this scope.
    pub(crate) fn offers(&self, scope: &Scope) -> bool {
        self.0.others.get().is_some_and(|others| others.reached.values().any(|known| known == scope))
    }

    /// Of these operations those that a credential is good for.
    pub(crate) fn within(&self, operations: &Arc<[String]>, scopes: &Scopes) -> Arc<[String]> {
        if *scopes == Scopes::All {
            return operations.clone();
        }
        let reached = self.0.others.get().map(|others| &others.reached);
        let good = |id: &&String| {
            reached
                .and_then(|all| all.get(id.as_str()))
                .is_some_and(|scope| scopes.allow(&scope.area, scope.writes))
        };
        operations.iter().filter(good).cloned().collect()
    }

    /// A link into the front end. The token is in the fragment, which no server and no log ever sees.
    pub(crate) fn link(&self, page: &str, token: &Secret) -> String {
        let base = self.0.config.public_url.as_str().trim_end_matches('/');
        format!("{base}/{page}#{}", token.reveal())
    }
}

/// The organisations, for what other modules do for each of them.
pub fn tenants(tx: &mut Tx) -> TxFuture<'_, Vec<Tenant>> {
    Box::pin(tenant::all(tx))
}

/// The link was used, withdrawn, too old or never there: one answer for all.
pub(crate) fn link_expired() -> Error {
    Error::new(Code::LinkExpired)
}
