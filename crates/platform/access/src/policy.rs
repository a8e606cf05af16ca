//! The policy: one table from operation to the ways of being entitled, read from the modules' `policy.toml` and checked at
//! start.

use std::collections::{BTreeMap, HashMap};

use kernel::{Code, Error, Result, Role};
use serde::Deserialize;

use crate::target::Standing;

/// How what only administrators of the installation may do is named.
pub(crate) const SUPER_ADMIN: &str = "installation administrator";

/// How what only the machine itself may do is named.
pub(crate) const CONSOLE: &str = "the console";

/// One way of being entitled: a role, and how to stand to the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// As written in the policy.
    pub text: String,
    role: Role,
    standing: Standing,
}

/// The whole table.
#[derive(Debug)]
pub struct Policy {
    inherits: HashMap<Role, Vec<Role>>,
    operations: BTreeMap<String, Vec<Way>>,
    /// Of each operation that has a line, the module in whose policy it stands.
    modules: BTreeMap<String, &'static str>,
}

/// The part of the policy that holds for all modules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    roles: BTreeMap<String, Vec<String>>,
}

/// A module's part.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Part {
    operations: BTreeMap<String, Vec<String>>,
}

impl Policy {
    /// Puts the modules' parts together, each under its module's name; every problem is a reason not to start.
    pub fn of(parts: impl IntoIterator<Item = (&'static str, &'static str)>) -> Result<Self> {
        Self::parse(include_str!("../policy.toml"), parts)
    }

    fn parse(shared: &str, parts: impl IntoIterator<Item = (&'static str, &'static str)>) -> Result<Self> {
        let file: Shared = toml::from_str(shared).map_err(bad)?;
        let mut parents = HashMap::new();
        for (role, above) in &file.roles {
            let role: Role = role.parse().map_err(bad)?;
            let above: Vec<Role> = above.iter().map(|r| r.parse()).collect::<Result<_, _>>().map_err(bad)?;
            parents.insert(role, above);
        }
        if let Some(missing) = Role::ALL.iter().find(|r| !parents.contains_key(r)) {
            return Err(bad(format_args!("roles: {} is missing", missing.as_str())));
        }
        let inherits = Role::ALL
            .iter()
            .map(|role| closure(*role, &parents).map(|all| (*role, all)))
            .collect::<Result<_>>()?;
        let (mut operations, mut modules) = (BTreeMap::new(), BTreeMap::new());
        for (module, part) in parts {
            let part: Part = toml::from_str(part).map_err(|e| bad(format_args!("{module}: {e}")))?;
            for (id, ways) in part.operations {
                let ways: Vec<Way> = ways
                    .iter()
                    .map(|w| way(w).map_err(|e| bad(format_args!("{id}: {e}"))))
                    .collect::<Result<_>>()?;
                if let Some(other) = modules.insert(id.clone(), module) {
                    return Err(bad(format_args!("{id} has a line in {other} and in {module}")));
                }
                operations.insert(id, ways);
            }
        }
        Ok(Self { inherits, operations, modules })
    }

    /// Decides. `Err(true)`: denied, but they may know that it is there; `Err(false)`: for them it does not exist.
    pub fn decide(&self, operation: &str, role: Role, standing: Standing) -> Result<&Way, bool> {
        let sees = standing.has(Standing::SEES);
        if !sees {
            return Err(false);
        }
        let ways = self.operations.get(operation).map(Vec::as_slice).unwrap_or_default();
        ways.iter().find(|way| self.includes(role, way.role) && standing.has(way.standing)).ok_or(true)
    }

    /// Whether a role can ever carry out an operation: what the front end asks before it shows a button.
    pub fn may_ever(&self, operation: &str, role: Role) -> bool {
        self.ways(operation).iter().any(|way| self.includes(role, way.role))
    }

    /// The ways of one operation.
    pub fn ways(&self, operation: &str) -> &[Way] {
        self.operations.get(operation).map(Vec::as_slice).unwrap_or_default()
    }

    /// The ways of one operation, as the ledger and the descriptions name them.
    pub fn text(&self, operation: &str) -> String {
        self.ways(operation).iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" | ")
    }

    /// The operations that have a line.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        self.operations.keys().map(String::as_str)
    }

    /// Those of them that stand in this module's part.
    pub(crate) fn operations_of(&self, module: &str) -> impl Iterator<Item = &str> {
        self.modules.iter().filter(move |(_, whose)| **whose == module).map(|(id, _)| id.as_str())
    }

    fn includes(&self, role: Role, wanted: Role) -> bool {
        self.inherits.get(&role).is_some_and(|all| all.contains(&wanted))
    }
}

impl Way {
    /// The least role that fits.
    pub fn role(&self) -> Role {
        self.role
    }
}

fn bad(why: impl std::fmt::Display) -> Error {
    Error::new(Code::Internal)
        .message("The access policy is not right.")
        .cause(format_args!("policy.toml: {why}"))
}

fn closure(role: Role, parents: &HashMap<Role, Vec<Role>>) -> Result<Vec<Role>> {
    let mut all = vec![role];
    let mut next = 0;
    while let Some(role) = all.get(next).copied() {
        for parent in parents.get(&role).into_iter().flatten() {
            if parent >= &role {
                return Err(bad(format_args!("{} cannot inherit {}", role.as_str(), parent.as_str())));
            }
            if !all.contains(parent) {
                all.push(*parent);
            }
        }
        next += 1;
    }
    Ok(all)
}

fn way(text: &str) -> Result<Way, String> {
    let mut words = text.split('+').map(str::trim);
    let role = words.next().unwrap_or_default().parse::<Role>()?;
    let mut standing = Standing::NONE;
    for word in words {
        let known = Standing::NAMES.iter().find(|(name, _)| *name == word);
        standing = standing | known.ok_or_else(|| format!("no standing is called {word:?}"))?.1;
    }
    Ok(Way { text: text.to_owned(), role, standing })
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = "[operations]\n'pin.post'=['editor + member']";

    // REQ AUTHZ-1
    #[test]
    fn denies_by_default_and_hides_what_is_not_seen() {
        let policy = Policy::of([("pins", POST)]).unwrap();
        let member = Standing::SEES | Standing::MEMBER;
        assert!(policy.decide("pin.post", Role::Editor, member).is_ok());
        assert!(policy.decide("pin.post", Role::Owner, member).is_ok());
        assert_eq!(policy.decide("pin.post", Role::Viewer, member), Err(true));
        assert_eq!(policy.decide("pin.post", Role::Owner, Standing::SEES), Err(true));
        assert_eq!(policy.decide("pin.post", Role::Owner, Standing::NONE), Err(false));
        assert_eq!(policy.decide("no.such.operation", Role::Owner, member), Err(true));
    }

    #[test]
    fn bad_policies_do_not_load() {
        const ROLES: &str = "[roles]\nviewer=[]\neditor=['viewer']\nadmin=['editor']\nowner=['admin']\n";
        assert!(Policy::parse(ROLES, [("pins", POST)]).is_ok());
        for bad in [
            "[operations]\n'a.b'=['king']",
            "[operations]\n'a.b'=['editor + friend']",
            "[operations]\n[extra]",
            "[roles]\nviewer=['owner']",
        ] {
            assert!(Policy::parse(ROLES, [("pins", bad)]).is_err(), "{bad}");
        }
        for bad in ["", "[roles]\nviewer=['owner']\neditor=[]\nadmin=[]\nowner=[]"] {
            assert!(Policy::parse(bad, []).is_err(), "{bad}");
        }
        assert!(
            Policy::parse(ROLES, [("pins", POST), ("other", POST)]).is_err(),
            "two lines for one operation"
        );
    }
}
