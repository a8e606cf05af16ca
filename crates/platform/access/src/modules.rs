//! All modules, put together: whether what they declare fits, and what the server asks of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use kernel::{Error, Event, RequestId, Result, Scope};
use store::{Store, Tenant};

use crate::ending::MembershipEnds;
use crate::events::Events;
use crate::module::{Module, ReadHeads};
use crate::operation::Permission;
use crate::policy::Policy;

/// The modules of this server.
pub struct Modules {
    pub(crate) all: Vec<Module>,
    pub(crate) events: Events,
    policy: Policy,
}

impl Modules {
    /// Refuses what does not fit: two of one name, a topic or an event on ids that nobody declares, an operation that asks
    /// the policy and has no line in its module's, or a line for none.
    pub fn new(mut all: Vec<Module>) -> Result<Self> {
        all.push(Module::named("access").ids(&[RequestId::PREFIX]).tables(&["idempotency"]));
        let policy = Policy::of(all.iter().map(|module| (module.name, module.policy)))?;
        let refuse = |why: String| Error::internal(why).message("The modules do not fit together.");
        let events = Events::new(&all).map_err(refuse)?;
        let modules = Self { all, events, policy };
        modules.check().map_err(refuse)?;
        Ok(modules)
    }

    fn check(&self) -> Result<(), String> {
        once("module", self.all.iter().map(|module| module.name))?;
        once("id", self.ids().map(|(prefix, _)| prefix))?;
        once("table", self.tables().map(|(table, _)| table))?;
        once("topic", self.all.iter().flat_map(|module| &module.topics).map(|(kind, _)| *kind))?;
        let ids: BTreeSet<&str> = self.ids().map(|(prefix, _)| prefix).collect();
        let kinds = self.all.iter().flat_map(|module| &module.topics).map(|(kind, _)| *kind);
        for kind in kinds.chain(self.events.all().flat_map(|event| event.topics())) {
            if !ids.contains(kind) {
                return Err(format!("no module has ids that begin with {kind}"));
            }
        }
        for module in &self.all {
            let asks = module.operations.iter().map(|operation| operation.facts());
            let asks: BTreeSet<&str> =
                asks.filter(|facts| facts.permission == Permission::Policy).map(|facts| facts.id).collect();
            let lines: BTreeSet<&str> = self.policy.operations_of(module.name).collect();
            if let Some(id) = asks.difference(&lines).next() {
                return Err(format!("{id} has no line in the policy of {}", module.name));
            }
            if let Some(id) = lines.difference(&asks).next() {
                return Err(format!(
                    "the policy of {} has a line for {id}, which does not ask it",
                    module.name
                ));
            }
        }
        Ok(())
    }

    /// Who may do what.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The operations that tokens reach, each with the scope that it needs.
    pub fn scopes(&self) -> HashMap<&'static str, Scope> {
        let all = self.all.iter().flat_map(|module| &module.operations);
        all.filter_map(|operation| {
            let facts = operation.facts();
            let (area, writes) = facts.scope()?;
            Some((facts.id, Scope { area: area.to_owned(), writes }))
        })
        .collect()
    }

    /// Every prefix of ids, and the module whose it is.
    pub fn ids(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.all.iter().flat_map(|module| module.ids.iter().map(|prefix| (*prefix, module.name)))
    }

    /// Every table, and the module whose it is.
    pub fn tables(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.all.iter().flat_map(|module| module.tables.iter().map(|table| (*table, module.name)))
    }

    /// What ends with a membership.
    pub fn membership_ends(&self) -> Vec<Arc<dyn MembershipEnds>> {
        self.all.iter().filter_map(|module| module.membership_ends.clone()).collect()
    }

    /// How the newest numbers of this kind of topic are read, if it has a log.
    pub fn heads(&self, kind: &str) -> Option<ReadHeads> {
        let mut topics = self.all.iter().flat_map(|module| &module.topics);
        topics.find(|(known, _)| *known == kind).map(|(_, heads)| *heads)
    }

    /// Tells the modules that want to know of what was committed.
    pub fn hear(&self, events: &[Event]) {
        debug_assert!(
            events.iter().all(|event| self.events.declares(event)),
            "an event was published that no module declares so: {events:?}"
        );
        for hear in self.all.iter().filter_map(|module| module.hears.as_ref()) {
            hear(events);
        }
    }

    /// At the start: brings what is kept in folded form to the newest edition of the rule for text.
    pub async fn refold(&self, store: &Store, organisations: &[Tenant]) -> Result<()> {
        for refold in self.all.iter().filter_map(|module| module.refold) {
            refold(store.clone(), organisations.to_vec()).await?;
        }
        Ok(())
    }
}

fn once(what: &str, names: impl Iterator<Item = &'static str>) -> Result<(), String> {
    let mut times = BTreeMap::new();
    for name in names {
        *times.entry(name).or_insert(0) += 1;
    }
    match times.into_iter().find(|(_, times)| *times > 1) {
        Some((name, _)) => Err(format!("two modules have the {what} {name}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use kernel::{MemberId, OrgId};
    use schemars::JsonSchema;
    use serde::Serialize;

    use super::*;

    #[derive(Serialize, JsonSchema)]
    struct Moved {}
    kernel::event_types! {
        Moved = "pin.moved", on [MemberId], logged false;
    }

    fn problem(modules: Vec<Module>) -> String {
        Modules::new(modules).err().map_or_else(String::new, |error| error.cause.unwrap_or_default())
    }

    // REQ OPS-1
    #[test]
    fn what_modules_declare_must_fit() {
        let pins = || Module::named("pins").ids(&[MemberId::PREFIX]).tables(&["pin"]).event::<Moved>();
        assert_eq!(problem(vec![pins()]), "");
        assert_eq!(problem(vec![pins(), Module::named("pins")]), "two modules have the module pins");
        let other = || Module::named("other");
        assert_eq!(problem(vec![pins(), other().ids(&[MemberId::PREFIX])]), "two modules have the id mem");
        assert_eq!(problem(vec![pins(), other().tables(&["pin"])]), "two modules have the table pin");
        assert_eq!(problem(vec![pins(), other().event::<Moved>()]), "two events are called pin.moved");
        assert_eq!(problem(vec![pins().ids(&[OrgId::PREFIX])]), "no module has ids that begin with mem");
        let line = "[operations]\n'pin.move' = ['viewer']";
        assert_eq!(
            problem(vec![pins().policy(line)]),
            "the policy of pins has a line for pin.move, which does not ask it"
        );
    }
}
