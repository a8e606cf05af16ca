//! One rule for text: accounts are found by any spelling, and only what is stored is acted on.

use kernel::text::EDITION;
use serde_json::json;
use store::{Param, params};

use super::{BETTER, GOOD, World, code};

impl World {
    async fn sql(&self, sql: &'static str, of: Vec<String>) {
        let write = self.store.write(move |tx| {
            Box::pin(async move {
                let of: Vec<Param<'_>> = of.iter().map(Param::from).collect();
                tx.execute(sql, &of).await
            })
        });
        assert_eq!(write.await.unwrap(), 1, "{sql}");
    }

    async fn mail_to(&self, to: &str) -> usize {
        let mails = self.console("mail.list", &[], json!({})).await.unwrap();
        mails["items"].as_array().unwrap().iter().filter(|mail| mail["to"] == to).count()
    }

    async fn found(&self, search: &str) -> Vec<String> {
        let page = self.console("account.list", &[], json!({ "search": search })).await.unwrap();
        page["items"].as_array().unwrap().iter().map(|a| a["email"].as_str().unwrap().to_owned()).collect()
    }
}

// REQ ID-1, ID-4 (attack A12)
#[tokio::test]
async fn a_reset_is_mailed_to_the_stored_address_whatever_was_typed() {
    let (world, ada) = World::set_up().await;
    for (n, stored) in [
        "kim@example.org",
        "sam@example.org",
        "strasse@example.org",
        "jos\u{e9}@example.org",
        "ada@bücher.example",
    ]
    .into_iter()
    .enumerate()
    {
        let handle = format!("h{n}");
        let invite = json!({ "email": stored, "role": "editor" });
        world.call(&ada, "invitation.create", &[("org", &ada.org())], invite).await.unwrap();
        let token = world.mailed(stored).await.unwrap();
        let accept = json!({ "token": token, "name": "N", "handle": handle, "password": GOOD });
        world.enter("invitation.accept", accept).await.unwrap();
    }
    for (stored, typed) in [
        ("kim@example.org", "\u{212A}im@example.org"),
        ("kim@example.org", "KIM@Example.Org"),
        ("sam@example.org", "\u{17F}am@example.org"),
        ("sam@example.org", "ｓａｍ@example.org"),
        ("strasse@example.org", "straße@example.org"),
        ("strasse@example.org", "STRA\u{1E9E}E@example.org"),
        ("jos\u{e9}@example.org", "jose\u{301}@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ] {
        let before = world.mail_to(stored).await;
        world.clock.forward(super::AN_HOUR);
        world.anonymous("password.request_reset", "192.0.2.1", json!({ "email": typed })).await.unwrap();
        assert_eq!(world.mail_to(stored).await, before + 1, "{typed}");
        assert_eq!(world.mail_to(typed).await, 0, "{typed}");
        assert!(world.sign_in(typed, GOOD).await.is_ok(), "{typed}");
    }
    // The dotless i is another letter, and nobody's.
    world
        .anonymous("password.request_reset", "192.0.2.1", json!({ "email": "k\u{131}m@example.org" }))
        .await
        .unwrap();
    assert_eq!(world.mail_to("k\u{131}m@example.org").await, 0);
}

// REQ ID-7
#[tokio::test]
async fn an_invitation_reaches_the_address_of_the_account_that_it_is_for() {
    let (world, ada) = World::set_up().await;
    world.join(&ada, "kim@example.org", "editor").await;
    let other = json!({ "name": "Other", "ownerEmail": "\u{212A}im@example.org" });
    let before = world.mail_to("kim@example.org").await;
    world.call(&ada, "org.create", &[], other).await.unwrap();
    assert_eq!(
        (world.mail_to("kim@example.org").await, world.mail_to("\u{212A}im@example.org").await),
        (before + 1, 0)
    );
    // Whoever is a member is one under every spelling.
    let invite = json!({ "email": "\u{212A}im@example.org", "role": "editor" });
    assert_eq!(
        code(&world.call(&ada, "invitation.create", &[("org", &ada.org())], invite).await),
        "conflict"
    );
}

// REQ ID-2
#[tokio::test]
async fn all_spellings_of_an_address_are_counted_as_one() {
    let (world, _) = World::set_up().await;
    for typed in [
        "ada@example.org",
        "ＡＤＡ@example.org",
        "Ada@EXAMPLE.org",
        "a\u{FF44}a@example.org",
        "ADA@example.org",
    ] {
        assert_eq!(code(&world.sign_in(typed, "wrong").await.map(|b| b.me)), "invalid_credentials");
    }
    assert_eq!(code(&world.sign_in("ada@example.org", GOOD).await.map(|b| b.me)), "locked_out");
}

// REQ ID-1
#[tokio::test]
async fn names_are_found_in_any_case_of_any_script() {
    let (world, ada) = World::set_up().await;
    world.call(&ada, "me.update", &[], json!({ "name": "Øystein Straße \u{c9}ва" })).await.unwrap();
    for search in ["ØYSTEIN", "øystein", "STRASSE", "e\u{301}ВА", "ada@EXAMPLE", "ＳＴＥＩＮ"] {
        assert_eq!(world.found(search).await, ["Ada@Example.org"], "{search}");
    }
    assert!(world.found("oystein").await.is_empty() && world.found("%").await.is_empty());
}

// REQ RUN-4
#[tokio::test]
async fn what_an_older_edition_has_folded_is_folded_anew_and_nobody_is_lost() {
    let (world, ada) = World::set_up().await;
    let eve = world.join(&ada, "eve@example.org", "editor").await;
    let old = "UPDATE account SET email = ?2, email_folded = ?3, name_folded = '' WHERE email = ?1";
    world
        .sql(
            old,
            vec!["Ada@Example.org".into(), "\u{17F}am@example.org".into(), "\u{17F}am@example.org".into()],
        )
        .await;
    assert_eq!(code(&world.sign_in("sam@example.org", GOOD).await.map(|b| b.me)), "invalid_credentials");
    world.identity.refold(&world.store).await.unwrap();
    let sam = world.sign_in("sam@example.org", GOOD).await.unwrap();
    assert_eq!((sam.user(), sam.me["user"]["email"].as_str()), (ada.user(), Some("\u{17F}am@example.org")));
    assert_eq!(world.found("lovelace").await.len(), 1);

    // Two accounts of one address: the older keeps it, also if the younger had the new form first. Each start says so, and the
    // list of accounts, until the younger has another address or one of them is deleted.
    let edition = "UPDATE text_edition SET edition = 0 WHERE room = ?1";
    world.sql(edition, vec!["identity".into()]).await;
    for (email, folded) in
        [("\u{17F}am@example.org", "\u{17F}am@example.org"), ("eve@example.org", "sam@example.org")]
    {
        world.sql(old, vec![email.into(), email.replace("eve", "Sam"), folded.into()]).await;
    }
    world.identity.refold(&world.store).await.unwrap();
    assert_eq!(world.sign_in("ſam@example.org", GOOD).await.unwrap().user(), ada.user());
    assert!(world.person(&eve.token).await.is_some());
    let kept = || {
        world.store.read(|tx| {
            Box::pin(async {
                let sql = "SELECT edition FROM text_edition WHERE room = ?1";
                tx.optional(sql, params!["identity"], |row| row.get::<i64>(0)).await
            })
        })
    };
    assert_eq!(kept().await.unwrap(), Some(0));
    let marked = async || {
        let list = world.console("account.list", &[], json!({})).await.unwrap();
        let marked = list["items"].as_array().unwrap().iter().filter(|a| a["addressTaken"] == true);
        marked.map(|a| a["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(marked().await, [eve.user()]);
    let give = async |email: &str| {
        world.console("account.readdress", &[("user", &eve.user())], json!({ "email": email })).await
    };
    assert_eq!(code(&give("SAM@example.org").await), "conflict");
    for _ in 0..5 {
        drop(world.sign_in("eve.two@example.org", "somebody guesses").await);
    }
    let locked = world.sign_in("eve.two@example.org", GOOD).await.err().unwrap();
    assert_eq!(locked.code, kernel::Code::LockedOut);
    give("Eve.Two@example.org").await.unwrap();
    assert_eq!(marked().await, Vec::<String>::new());
    assert_eq!(world.sign_in("eve.two@example.org", GOOD).await.unwrap().user(), eve.user());
    world.sql(old, vec!["Eve.Two@example.org".into(), "sam@example.org".into(), "eve".into()]).await;
    world.identity.refold(&world.store).await.unwrap();
    assert_eq!(kept().await.unwrap(), Some(0));
    world.console("account.delete", &[("user", &eve.user())], json!({})).await.unwrap();
    world.identity.refold(&world.store).await.unwrap();
    assert_eq!(kept().await.unwrap(), Some(EDITION));
}

// REQ ID-1
#[tokio::test]
async fn a_password_is_one_in_every_spelling_of_its_letters() {
    let (world, ada) = World::set_up().await;
    let (composed, apart) =
        ("Br\u{fc}cke gl\u{fc}ht \u{e9}norm 77", "Bru\u{308}cke glu\u{308}ht e\u{301}norm\u{a0}77");
    let change = json!({ "current": GOOD, "password": apart });
    world.call(&ada, "me.change_password", &[], change).await.unwrap();
    for typed in [apart, composed] {
        assert!(world.sign_in("ada@example.org", typed).await.is_ok(), "{typed:?}");
    }
    // What was hashed as it was typed, before there was a rule, opens as it was typed, and is hashed anew then.
    let hash = world.identity.hasher().hash(&kernel::Secret::new(apart), [7; 16]).await.unwrap();
    world
        .sql("UPDATE account SET password_hash = ?2 WHERE email = ?1", vec!["Ada@Example.org".into(), hash])
        .await;
    assert_eq!(code(&world.sign_in("ada@example.org", composed).await.map(|b| b.me)), "invalid_credentials");
    assert!(world.sign_in("ada@example.org", apart).await.is_ok());
    assert!(world.sign_in("ada@example.org", composed).await.is_ok());
    assert_eq!(code(&world.sign_in("ada@example.org", BETTER).await.map(|b| b.me)), "invalid_credentials");
}
