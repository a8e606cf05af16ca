//! What a message's text means to the server, through its front door: who is called, and what an emoji is.

use api_tests::both;
use serde_json::json;

/// What the migration does to rows from before, without the column that is there already.
fn mended(postgres: bool) -> String {
    let text = if postgres {
        include_str!("../../../migrations/postgres/0008_text_of_messages.sql")
    } else {
        include_str!("../../../migrations/sqlite/0008_text_of_messages.sql")
    };
    text.lines().filter(|line| !line.contains("ADD COLUMN")).collect::<Vec<_>>().join("\n")
}

both! {
    // REQ COMMS-3
    async fn a_message_that_calls_somebody_by_name_and_with_everybody_is_one_call(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let general = olga.channel("general", "public").await;
        let at = [("channel", general.as_str())];
        ben.own("chat.channel.join", &at, json!({})).await.ok();
        let calls = async |n: i64| {
            let list = ben.own("chat.channel.list", &[], json!({})).await.ok();
            assert_eq!(list["items"][0]["mentions"], json!(n));
            let totals = ben.own("chat.read.totals", &[], json!({})).await.ok();
            assert_eq!(totals["calls"], json!(n));
        };
        let said = olga.post(&general, "@ben @channel @ben").await.ok();
        calls(1).await;
        let one = [at[0], ("message", said["id"].as_str().unwrap())];
        olga.own("chat.message.edit", &one, json!({ "body": "@ben" })).await.ok();
        calls(1).await;
        olga.own("chat.message.edit", &one, json!({ "body": "@all, and @ben" })).await.ok();
        calls(1).await;
        olga.own("chat.message.edit", &one, json!({ "body": "`@all` \\@ben" })).await.ok();
        calls(0).await;
        olga.post(&general, "请@ben看").await.ok();
        calls(1).await;
        // As it was counted before: the same message twice. The migration mends it.
        olga.post(&general, "@ben @here").await.ok();
        calls(2).await;
        let db = world.database().await;
        db.execute("INSERT INTO mention (org_id, channel_id, member_id, seq) SELECT m.org_id, m.channel_id, p.id, m.seq \
                    FROM message m JOIN member p ON p.org_id = m.org_id AND p.handle = 'ben' WHERE m.body = '@ben @here'")
            .await
            .unwrap();
        calls(3).await;
        db.execute(&mended(db.is_postgres())).await.unwrap();
        calls(2).await;
    }

    // REQ COMMS-12
    async fn a_mention_stays_with_whom_it_meant_when_the_handle_changes_hands(world: World) {
        let olga = world.owner().await;
        let pat = world.join(&olga, "pat", "editor").await;
        let general = olga.channel("general", "public").await;
        let said = olga.post(&general, "ask @Pat, or @olga").await.ok();
        assert_eq!(said["handles"], json!(["pat", "olga"]));
        let at = [("channel", general.as_str())];
        let one = [at[0], ("message", said["id"].as_str().unwrap())];
        let db = world.database().await;
        db.execute("UPDATE message SET handles = NULL").await.unwrap();
        db.execute(&mended(db.is_postgres())).await.unwrap();
        assert_eq!(olga.own("chat.message.list", &at, json!({})).await.ok()["items"][0], said);

        db.execute("UPDATE member SET handle = 'deleted-1', state = 'deleted' WHERE handle = 'pat'").await.unwrap();
        let quiet = world.join(&olga, "quiet", "editor").await;
        db.execute("UPDATE member SET handle = 'pat' WHERE handle = 'quiet'").await.unwrap();
        let page = olga.own("chat.message.list", &at, json!({})).await.ok();
        assert_eq!(page["items"][0], said);
        // Who mends a word does not call somebody else.
        let edited = olga.own("chat.message.edit", &one, json!({ "body": "do ask @pat" })).await.ok();
        assert_eq!((&edited["mentions"], &edited["handles"]), (&json!([pat.member]), &json!(["pat"])));
        let again = olga.post(&general, "@pat").await.ok();
        assert_eq!(again["mentions"], json!([quiet.member]));
    }

    // REQ COMMS-12
    async fn two_forms_of_an_emoji_are_one_reaction(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let general = olga.channel("general", "public").await;
        let at = [("channel", general.as_str())];
        ben.own("chat.channel.join", &at, json!({})).await.ok();
        let said = ben.post(&general, "hello").await.ok();
        let one = [at[0], ("message", said["id"].as_str().unwrap())];
        let react = |who: &api_tests::Client, emoji: &str, on: bool| {
            let (who, emoji) = (who.clone(), emoji.to_owned());
            let one = one.map(|(a, b)| (a.to_owned(), b.to_owned()));
            async move {
                let one = one.each_ref().map(|(a, b)| (a.as_str(), b.as_str()));
                who.own("chat.message.react", &one, json!({ "emoji": emoji, "on": on })).await
            }
        };
        for no in ["€", "—", "\u{200B}", "1", "👍👍", "❤\u{FE0E}"] {
            react(&olga, no, true).await.refused(422, "invalid_input");
        }
        for form in ["ℹ", "ℹ\u{FE0F}"] {
            react(&olga, form, true).await.ok();
        }
        let now = react(&ben, "👍\u{FE0F}", true).await.ok();
        assert_eq!(now["reactions"].as_array().unwrap().len(), 2);
        let now = react(&olga, "👍", true).await.ok();
        let both = json!([{ "emoji": "ℹ\u{FE0F}", "members": [olga.member] }, { "emoji": "👍", "members": [ben.member, olga.member] }]);
        assert_eq!(now["reactions"], both);

        // As an earlier Holdfast kept them: each form by itself, and what is no emoji.
        let db = world.database().await;
        let copy = |emoji: &str| format!("INSERT INTO reaction (org_id, channel_id, seq, emoji, member_id, at) \
            SELECT org_id, channel_id, seq, '{emoji}', member_id, at + 1 FROM reaction WHERE emoji = '👍'");
        for form in ["👍\u{FE0F}", "€"] {
            db.execute(&copy(form)).await.unwrap();
        }
        db.execute(&mended(db.is_postgres())).await.unwrap();
        let page = olga.own("chat.message.list", &at, json!({})).await.ok();
        assert_eq!(page["items"][0]["reactions"], both);
        let log = olga.own("chat.channel.subscribe", &at, json!({ "after": 0, "epoch": 1 })).await.ok();
        let told = |emoji: &str| log["events"].as_array().unwrap().iter().any(|e| e["data"]["emoji"] == emoji);
        assert!(told("👍") && !told("👍\u{FE0F}"), "{log}");
        react(&olga, "👍\u{FE0F}", false).await.ok();
        let now = react(&ben, "👍", false).await.ok();
        assert_eq!(now["reactions"], json!([{ "emoji": "ℹ\u{FE0F}", "members": [olga.member] }]));
    }
}
