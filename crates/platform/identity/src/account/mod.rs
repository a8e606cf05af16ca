//! Accounts: persons on this installation. An account is found by its address in folded form.

pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod me;
pub(crate) mod readdress;
pub(crate) mod unlock;

use access::{Hold, Loader, Path, Standing, Target};
use kernel::text::fold;
use kernel::{Cx, Email, OrgId, Password, Result, Subject, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Row, Sql, Store, Tx, params};

use crate::Identity;

/// An active account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) super_admin: bool,
    password_hash: Option<String>,
}

impl Account {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            email: row.get(1)?,
            name: row.get(2)?,
            super_admin: row.get(3)?,
            password_hash: row.get(4)?,
        })
    }
}

/// In the place of a folded address that an older account has: nobody finds an account by it, for no address has a space.
pub(crate) fn aside(folded: &str, user: UserId) -> String {
    format!("{folded} {user}")
}

/// Whether an older account has the address.
pub(crate) fn is_aside(folded: &str) -> bool {
    folded.contains(' ')
}

/// The active account with this folded address.
pub(crate) async fn by_email(tx: &mut Tx, folded: &str) -> Result<Option<Account>> {
    tx.optional(
        "SELECT id, email, name, super_admin, password_hash FROM account WHERE email_folded = ?1 AND state = 'active'",
        params![folded],
        Account::read,
    )
    .await
}

/// The same, taken for the transaction: neither its password nor its state changes meanwhile.
pub(crate) async fn by_email_held(tx: &mut Tx, folded: &str) -> Result<Option<Account>> {
    let sql = Sql::each(
        "SELECT id, email, name, super_admin, password_hash FROM account WHERE email_folded = ?1 AND state = 'active'",
        "SELECT id, email, name, super_admin, password_hash FROM account WHERE email_folded = ?1 AND state = 'active'
         FOR NO KEY UPDATE",
    );
    tx.optional(sql, params![folded], Account::read).await
}

/// Keeps others from changing an account, its password and its sessions until the transaction ends.
pub(crate) fn hold(tx: &mut Tx, user: UserId) {
    tx.hold("SELECT 1 FROM account WHERE id = ANY(?1) FOR NO KEY UPDATE", &[user.0]);
}

/// The active account with this id.
pub(crate) async fn by_id(tx: &mut Tx, user: UserId) -> Result<Option<Account>> {
    tx.optional(
        "SELECT id, email, name, super_admin, password_hash FROM account WHERE id = ?1 AND state = 'active'",
        params![user],
        Account::read,
    )
    .await
}

/// Makes an account. False: the address has one already.
pub(crate) async fn insert(
    cx: &Cx,
    tx: &mut Tx,
    user: UserId,
    email: &Email,
    name: &str,
    password_hash: &str,
    super_admin: bool,
) -> Result<bool> {
    let made = tx
        .execute(
            "INSERT INTO account (id, email, email_folded, name, name_folded, password_hash, super_admin, state, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'active', ?8) ON CONFLICT (email_folded) DO NOTHING",
            params![user, email.as_str(), &email.folded(), name, &fold(name), password_hash, super_admin, cx.now()],
        )
        .await?;
    Ok(made > 0)
}

/// Replaces a password. Links that could have replaced the one before are void.
pub(crate) async fn set_password(cx: &Cx, tx: &mut Tx, user: UserId, hash: &str) -> Result<()> {
    let links = "UPDATE password_reset SET used_at = ?2 WHERE user_id = ?1 AND used_at IS NULL";
    tx.execute(links, params![user, cx.now()]).await?;
    tx.execute(
        "UPDATE account SET password_hash = ?2 WHERE id = ?1 AND state = 'active'",
        params![user, hash],
    )
    .await?;
    tx.authority_changed(Subject::User(user));
    Ok(())
}

/// A password that was checked before the transaction, and against what.
pub(crate) struct Checked {
    pub(crate) folded: String,
    pub(crate) account: Option<Account>,
    right: bool,
    rehash: Option<String>,
}

impl Identity {
    /// Checks a password against the account with this address, or against nothing for as long.
    pub(crate) async fn check_password(
        &self,
        cx: &Cx,
        store: &Store,
        folded: String,
        password: &Password,
    ) -> Result<Checked> {
        let key = folded.clone();
        let account = store.read(move |tx| Box::pin(async move { by_email(tx, &key).await })).await?;
        let kept = account.as_ref().and_then(|account| account.password_hash.as_deref());
        let mut verified = self.hasher().verify(password.spelled(), kept, cx.random()).await?;
        // Asked whether there is an account or not: it takes as long.
        if let Some(typed) = password.as_typed().filter(|_| !verified.right) {
            verified = self.hasher().verify(typed, kept, cx.random()).await?;
            if verified.right {
                verified.rehash = Some(self.hasher().hash(password.spelled(), cx.random()).await?);
            }
        }
        Ok(Checked { folded, account, right: verified.right, rehash: verified.rehash })
    }
}

/// Whether the checked password is right and still the account's, and the account still active; both stay so until the
/// transaction ends, or a sign-in could outlive the change of the password that it was made with. One question to the
/// database, whether there is an account or not.
pub(crate) async fn still_right(tx: &mut Tx, checked: &Checked) -> Result<bool> {
    let now = by_email_held(tx, &checked.folded).await?;
    let same = match (&now, &checked.account) {
        (Some(now), Some(then)) => now.id == then.id && now.password_hash == then.password_hash,
        _ => false,
    };
    Ok(checked.right && same)
}

/// Keeps the hash that was made anew because the cost has changed since.
pub(crate) async fn adopt_rehash(tx: &mut Tx, checked: &Checked) -> Result<()> {
    if let (Some(account), Some(hash)) = (&checked.account, &checked.rehash) {
        let sql = "UPDATE account SET password_hash = ?2 WHERE id = ?1 AND password_hash = ?3";
        tx.execute(sql, params![account.id, hash, account.password_hash.as_deref()]).await?;
    }
    Ok(())
}

/// Names an account.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountPath {
    /// The account.
    user: UserId,
}

impl Path for AccountPath {
    fn org(&self) -> Option<OrgId> {
        None
    }
}

/// An account that has not been deleted, in the hands of an administrator of the installation.
pub(crate) struct AccountTarget {
    pub(crate) user: UserId,
    pub(crate) folded: String,
    pub(crate) super_admin: bool,
}

impl Target for AccountTarget {
    type Path = AccountPath;
    const HOLDS: Hold = Hold::Installation;

    async fn load(_: &Cx, loader: &mut Loader<'_>, path: &AccountPath) -> Result<Option<Self>> {
        hold(loader.global(), path.user);
        let sql = "SELECT id, email_folded, super_admin FROM account WHERE id = ?1 AND state <> 'deleted'";
        loader
            .global()
            .optional(sql, params![path.user], |row| {
                Ok(Self { user: row.get(0)?, folded: row.get(1)?, super_admin: row.get(2)? })
            })
            .await
    }
    fn standing(&self, _: &Cx) -> Standing {
        Standing::SEES
    }
    fn resource(&self) -> Option<String> {
        Some(self.user.to_string())
    }
}
