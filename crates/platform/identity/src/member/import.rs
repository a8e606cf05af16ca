//! Make members of people who have no account: whoever is named in talk that is brought in from elsewhere. They can be
//! read, mentioned and removed like everybody, and nobody can sign in as them.

use access::{Audit, DataClass, Expose, Operation, OrgTarget, Permission, Proof, Rate, Route};
use kernel::text::fold;
use kernel::{Cx, Error, Handle, Line, MemberId, Result, Role, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Tenanted, Tx, params};

use crate::event;

pub(crate) struct Import;

/// Members at once at most.
const MOST: usize = 500;

/// Who is to be a member.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportMembers {
    /// The people.
    #[schemars(length(max = 500))]
    items: Vec<ImportedPerson>,
}

/// Somebody from elsewhere.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ImportedPerson {
    /// What they are called there; a handle is made of it where it is none.
    handle: Line<1, 64>,
    /// Their name, as it will be shown.
    name: Line<1, 80>,
}

/// Who they are here.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ImportedMember {
    handle: Handle,
    member: MemberId,
}

/// The members, in the order in which they were asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ImportedMembers {
    items: Vec<ImportedMember>,
}

impl Operation for Import {
    const ID: &'static str = "member.import";
    const SUMMARY: &'static str =
        "Makes members without an account, or finds those made before; at the console only.";
    const ROUTE: Route = Route::put("/orgs/{org}/imported-members");
    const PERMISSION: Permission = Permission::Console("makes members whom nobody invited");
    const EXPOSE: Expose = Expose::People;
    const RATE: Rate = Rate::per_person(60, 60);
    const AUDIT: Audit = Audit::Entry;
    const DATA_CLASS: DataClass = DataClass::Personal;
    type Target = OrgTarget;
    type Input = ImportMembers;
    type Output = ImportedMembers;

    async fn run(
        &self,
        cx: &Cx,
        tx: &mut Tx,
        at: &Proof<Self>,
        input: ImportMembers,
    ) -> Result<ImportedMembers> {
        if input.items.len() > MOST {
            return Err(Error::field("items", format!("must have at most {MOST} entries")));
        }
        let mut items = Vec::with_capacity(input.items.len());
        let mut made = 0;
        for person in &input.items {
            let (item, new) = find_or_make(cx, tx, at, person).await?;
            items.push(item);
            made += usize::from(new);
        }
        if made > 0 {
            let org = at.tenant().org();
            event::members_changed(tx, org)?;
        }
        cx.note("made", made);
        Ok(ImportedMembers { items })
    }
}

async fn find_or_make(
    cx: &Cx,
    tx: &mut Tx,
    at: &impl Tenanted,
    person: &ImportedPerson,
) -> Result<(ImportedMember, bool)> {
    for handle in handles(person.handle.as_str()) {
        let sql = "SELECT id, user_id, state, kind FROM member WHERE org_id = ?1 AND handle = ?2";
        let holder = tx
            .within(at)
            .optional(sql, params![handle.as_str()], |row| {
                let free = row.get::<Option<UserId>>(1)?.is_none()
                    && row.text(2)? != "deleted"
                    && row.text(3)? != super::SERVICE;
                Ok((row.get::<MemberId>(0)?, free))
            })
            .await?;
        match holder {
            Some((member, true)) => return Ok((ImportedMember { handle, member }, false)),
            // Somebody with an account, or a program: nothing is ever said in their name, so the newcomer has another handle.
            Some((_, false)) => {}
            None => {
                let member = MemberId::new(cx);
                tx.within(at)
                    .execute(
                        "INSERT INTO member (org_id, id, user_id, name, handle, role, state, created_at)
                         VALUES (?1, ?2, NULL, ?3, ?4, ?5, 'active', ?6)",
                        params![
                            member,
                            person.name.as_str(),
                            handle.as_str(),
                            Role::Editor.as_str(),
                            cx.now()
                        ],
                    )
                    .await?;
                return Ok((ImportedMember { handle, member }, true));
            }
        }
    }
    Err(Error::conflict(format!("No handle is free for {}.", person.handle.as_str())))
}

/// The handles that a nick can have, best first; the same nick has always the same ones. Folded as it is, if that is
/// a handle. Else, or if somebody with an account has that one: with a dash for every character that handles do not have,
/// and the beginning of the nick's SHA-256 behind it, so that `ada|away` and `ada^away` stay two people.
fn handles(nick: &str) -> Vec<Handle> {
    let folded = fold(nick);
    let hash: String = Sha256::digest(folded.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    let plain: String = folded
        .chars()
        .map(|c| if matches!(c, 'a'..='z' | '0'..='9' | '.' | '_') { c } else { '-' })
        .collect();
    let plain = plain.trim_matches(['.', '_', '-']);
    let tailed = [8, 16].map(|digits| {
        let head: String = plain.chars().take(Handle::MAX - 1 - digits).collect();
        let head = head.trim_end_matches(['.', '_', '-']);
        format!("{}-{}", if head.is_empty() { "member" } else { head }, &hash[..digits])
    });
    [folded].into_iter().chain(tailed).filter_map(|text| Handle::new(&text).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::handles;

    fn first(nick: &str) -> String {
        handles(nick)[0].as_str().to_owned()
    }

    #[test]
    fn every_nick_has_a_handle_of_its_own() {
        assert_eq!(first("Ada_L"), "ada_l");
        assert_eq!(first("ADA"), first("ada"));
        assert_eq!(first("ada|away"), "ada-away-11bb0021");
        assert_ne!(first("ada|away"), first("ada^away"));
        assert!(first("here").starts_with("here-"));
        assert!(first("_").starts_with("member-"), "{}", first("_"));
        assert!(first("株式会社").starts_with("member-"));
        for nick in ["x", "^^", "a b", "[Ada]", &"Ada".repeat(21), "everyone", "-ada-", "é"] {
            assert!(handles(nick).len() >= 2, "{nick}");
            assert_eq!(handles(nick), handles(nick));
        }
    }
}
