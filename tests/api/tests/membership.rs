//! What ends with a membership, and conversations between people who come and go.

use api_tests::{Client, PASSWORD, Socket, World, both};
use serde_json::{Value, json};

/// Invites somebody who has been here before, and accepts for them.
async fn rejoin(world: &World, olga: &Client, email: &str, handle: &str, role: &str) -> Client {
    olga.own("invitation.create", &[], json!({ "email": email, "role": role })).await.ok();
    let token = world.mailed_token(email).await;
    let mut back = world.anonymous();
    let input = json!({ "token": token, "handle": handle, "password": PASSWORD });
    back.call("invitation.accept", &[], input).await.ok();
    back.settle().await;
    back
}

async fn channels(who: &Client) -> Vec<Value> {
    who.own("chat.channel.list", &[], json!({})).await.ok()["items"].as_array().unwrap().clone()
}

async fn seats(who: &Client, channel: &str) -> (Vec<Value>, i64) {
    let members = who.own("chat.channel.members", &[("channel", channel)], json!({})).await.ok();
    let summary = who.own("chat.channel.read", &[("channel", channel)], json!({})).await.ok();
    (members["items"].as_array().unwrap().clone(), summary["memberCount"].as_i64().unwrap())
}

both! {
    // REQ ID-7, UI-5
    async fn whoever_is_removed_hears_of_it_with_no_channel_open(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let mut tab = Socket::open(&ben).await;
        olga.own("member.remove", &[("member", &ben.member)], json!({})).await.ok();
        assert_eq!(tab.next("gone").await["topic"], json!(olga.org));
    }

    // REQ COMMS-1, ID-7
    async fn people_are_named_as_they_are_now(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let channel = olga.channel("boats", "public").await;
        ben.own("chat.channel.join", &[("channel", &channel)], json!({})).await.ok();
        ben.post(&channel, "ahoy").await.ok();
        let named = async || {
            let page = olga.own("chat.message.list", &[("channel", &channel)], json!({})).await.ok();
            page["people"].as_array().unwrap().iter().find(|p| p["id"] == ben.member.as_str()).unwrap().clone()
        };
        let said = |person: Value| (person["name"].clone(), person["handle"].clone(), person["active"].clone());
        let (name, handle, _) = said(named().await);
        assert_eq!(handle, json!("ben"));
        ben.call("me.update", &[], json!({ "name": "Benjamin" })).await.ok();
        assert_ne!(name, json!("Benjamin"));
        assert_eq!(said(named().await), (json!("Benjamin"), json!("ben"), json!(true)));
        olga.own("member.remove", &[("member", &ben.member)], json!({})).await.ok();
        assert_eq!(said(named().await), (json!("Benjamin"), json!("ben"), json!(false)));
        let back = rejoin(&world, &olga, "ben@example.org", "benny", "editor").await;
        assert_eq!(back.member, ben.member);
        assert_eq!(said(named().await), (json!("Benjamin"), json!("benny"), json!(true)));
        olga.call("account.delete", &[("user", &ben.user)], json!({})).await.ok();
        let (name, _, active) = said(named().await);
        assert_eq!((name, active), (json!("Deleted user"), json!(false)));
    }

    // REQ ID-7, COMMS-1
    async fn seats_end_with_the_membership_and_coming_back_starts_from_nothing(world: World) {
        let olga = world.owner().await;
        for (n, way) in ["removed", "leaves"].into_iter().enumerate() {
            let handle = format!("ben{n}");
            let ben = world.join(&olga, &handle, "editor").await;
            let (secret, open) = (
                olga.channel(&format!("secret {way}"), "private").await,
                olga.channel(&format!("open {way}"), "public").await,
            );
            for channel in [&secret, &open] {
                let seat = [("channel", channel.as_str()), ("member", ben.member.as_str())];
                olga.own("chat.channel.invite", &seat, json!({})).await.ok();
                olga.post(channel, &format!("hello @{handle}")).await.ok();
            }
            let direct = olga.own("chat.direct.open", &[], json!({ "members": [ben.member] })).await.ok();
            let direct = direct["id"].as_str().unwrap().to_owned();
            ben.own("chat.direct.open", &[], json!({ "members": [olga.member] })).await.ok();
            olga.post(&direct, "between us").await.ok();
            let who = if way == "removed" { &olga } else { &ben };
            who.own("member.remove", &[("member", &ben.member)], json!({})).await.ok();
            for channel in [&secret, &open] {
                assert_eq!(seats(&olga, channel).await, (vec![json!(olga.member)], 1), "{way}");
                let seat = [("channel", channel.as_str()), ("member", ben.member.as_str())];
                olga.own("chat.channel.remove", &seat, json!({})).await.refused(404, "not_found");
                let log = olga.own("chat.channel.subscribe", &[("channel", channel)], json!({ "after": 0, "epoch": 1 })).await.ok();
                let last = log["events"].as_array().unwrap().last().unwrap().clone();
                assert_eq!((&last["event"], &last["data"]["member"]), (&json!("chat.channel.left"), &json!(ben.member)));
            }
            olga.post(&secret, "what was said meanwhile").await.ok();

            let back = rejoin(&world, &olga, &format!("{handle}@example.org"), &handle, "viewer").await;
            assert_eq!(back.member, ben.member, "what they wrote is theirs again");
            let seen = channels(&back).await;
            assert!(seen.iter().all(|c| c["joined"] == false && c["kind"] == "public"), "{way}: {seen:#?}");
            for channel in [&secret, &direct] {
                for read in ["chat.channel.read", "chat.message.list", "chat.channel.subscribe"] {
                    back.own(read, &[("channel", channel)], json!({})).await.refused(404, "not_found");
                }
            }
            back.own("chat.channel.join", &[("channel", &open)], json!({})).await.ok();
            let joined = back.own("chat.channel.read", &[("channel", &open)], json!({})).await.ok();
            assert_eq!((&joined["unread"], &joined["mentions"]), (&json!(0), &json!(0)), "{joined:#}");
            // The old conversation is whoever's who stayed; the same people begin a new one.
            let anew = olga.own("chat.direct.open", &[], json!({ "members": [ben.member] })).await.ok();
            assert_ne!(anew["id"], direct.as_str());
            olga.post(anew["id"].as_str().unwrap(), "welcome back").await.ok();
            let page = back.own("chat.message.list", &[("channel", anew["id"].as_str().unwrap())], json!({})).await.ok();
            assert_eq!(page["items"].as_array().unwrap().len(), 1);
            olga.own("chat.message.list", &[("channel", &direct)], json!({})).await.ok();
        }
    }

    // REQ ID-9, COMMS-1
    async fn seats_end_with_the_account(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let secret = olga.channel("secret", "private").await;
        let seat = [("channel", secret.as_str()), ("member", ben.member.as_str())];
        olga.own("chat.channel.invite", &seat, json!({})).await.ok();
        let own = ben.channel("bens own", "private").await;
        olga.call("account.delete", &[("user", &ben.user)], json!({})).await.ok();
        assert_eq!(seats(&olga, &secret).await, (vec![json!(olga.member)], 1));
        let database = world.database().await;
        assert_eq!(database.column("SELECT name FROM channel WHERE archived_at IS NOT NULL").await, ["bens own"], "{own}");
        assert!(database.broken_keys().await.is_empty());
    }

    // REQ COMMS-1
    async fn a_direct_conversation_appears_with_the_first_message(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let opened = olga.own("chat.direct.open", &[], json!({ "members": [ben.member] })).await.ok();
        let id = opened["id"].as_str().unwrap();
        assert_eq!(channels(&olga).await.len(), 1, "whoever opened it sees it");
        assert!(channels(&ben).await.is_empty());
        ben.own("chat.channel.read", &[("channel", id)], json!({})).await.refused(404, "not_found");
        let mut tab = Socket::open(&ben).await;
        olga.post(id, "hello").await.ok();
        assert_eq!(tab.notice("chat.channels.changed").await["topic"], json!(ben.member));
        let seen = channels(&ben).await;
        assert_eq!((&seen[0]["id"], &seen[0]["unread"]), (&json!(id), &json!(1)), "{seen:#?}");
        assert_eq!(seen[0]["members"].as_array().unwrap().len(), 2);
        // Both open it before anything is said: it is the same one, and it is there for both.
        let eve = world.join(&olga, "eve", "editor").await;
        let one = eve.own("chat.direct.open", &[], json!({ "members": [ben.member] })).await.ok();
        let other = ben.own("chat.direct.open", &[], json!({ "members": [eve.member] })).await.ok();
        assert_eq!(one["id"], other["id"]);
        ben.post(one["id"].as_str().unwrap(), "hello").await.ok();
    }

    // REQ COMMS-1
    async fn nobody_speaks_to_people_who_have_left(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let eve = world.join(&olga, "eve", "editor").await;
        let open = async |members: Value| {
            let opened = olga.own("chat.direct.open", &[], json!({ "members": members })).await.ok();
            opened["id"].as_str().unwrap().to_owned()
        };
        let (two, three) = (open(json!([ben.member])).await, open(json!([ben.member, eve.member])).await);
        let unsaid = open(json!([eve.member])).await;
        for id in [&two, &three] {
            olga.post(id, "hello").await.ok();
        }
        let state = async |id: &str| {
            let read = olga.own("chat.channel.read", &[("channel", id)], json!({})).await.ok();
            (read["deserted"] == true, read["members"].as_array().unwrap().len(), read["memberCount"].as_i64().unwrap())
        };
        assert_eq!(state(&two).await, (false, 2, 2));
        olga.own("member.remove", &[("member", &ben.member)], json!({})).await.ok();
        assert_eq!(state(&two).await, (true, 2, 1), "it still says who it was with");
        let refused = olga.post(&two, "are you there?").await.refused(409, "conflict");
        assert!(refused["error"].as_str().unwrap().contains("left"), "{refused:#}");
        olga.own("chat.message.list", &[("channel", &two)], json!({})).await.ok();
        assert_eq!(state(&three).await, (false, 3, 2));
        olga.post(&three, "the two of us").await.ok();
        eve.own("member.remove", &[("member", &eve.member)], json!({})).await.ok();
        assert_eq!(state(&three).await, (true, 3, 1));
        olga.post(&three, "hello?").await.refused(409, "conflict");
        olga.own("chat.channel.read", &[("channel", &unsaid)], json!({})).await.refused(404, "not_found");
    }

    // REQ COMMS-1
    async fn the_last_one_out_of_a_private_channel_closes_it(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let plans = ben.channel("plans", "private").await;
        let at = [("channel", plans.as_str())];
        ben.post(&plans, "a secret").await.ok();
        ben.own("chat.channel.leave", &at, json!({})).await.ok();
        for who in [&ben, &olga] {
            who.own("chat.channel.read", &at, json!({})).await.refused(404, "not_found");
        }
        // Its name is free, and nothing of it comes back with the name.
        let again = ben.channel("plans", "private").await;
        assert_ne!(again, plans);
        let page = ben.own("chat.message.list", &[("channel", &again)], json!({})).await.ok();
        assert_eq!(page["items"], json!([]));
        // A public one stays: everybody can come in again.
        let open = ben.channel("open", "public").await;
        ben.own("chat.channel.leave", &[("channel", &open)], json!({})).await.ok();
        olga.own("chat.channel.join", &[("channel", &open)], json!({})).await.ok();
    }

    // REQ COMMS-1
    async fn whoever_is_taken_out_is_told_by_whom(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let plans = olga.channel("plans", "private").await;
        let seat = [("channel", plans.as_str()), ("member", ben.member.as_str())];
        olga.own("chat.channel.invite", &seat, json!({})).await.ok();
        let mut tab = Socket::open(&ben).await;
        olga.own("chat.channel.remove", &seat, json!({})).await.ok();
        let told = tab.notice("chat.channel.taken_out").await;
        let data = json!({ "channel": plans, "name": "plans", "by": olga.member });
        let wanted = json!({
            "type": "notice", "org": olga.org, "topic": ben.member, "event": "chat.channel.taken_out", "data": data
        });
        assert_eq!(told, wanted);
        let log = olga.own("chat.channel.subscribe", &seat[..1], json!({ "after": 0, "epoch": 1 })).await.ok();
        let last = log["events"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["data"], json!({ "member": ben.member, "by": olga.member }));
        // Who goes by themselves was taken out by nobody.
        olga.own("chat.channel.invite", &seat, json!({})).await.ok();
        ben.own("chat.channel.leave", &seat[..1], json!({})).await.ok();
        let log = olga.own("chat.channel.subscribe", &seat[..1], json!({ "after": 0, "epoch": 1 })).await.ok();
        let last = log["events"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["data"], json!({ "member": ben.member, "by": null }));
    }

    // REQ RUN-4, ID-7, COMMS-1
    async fn what_older_versions_have_left_behind_is_cleaned(world: World) {
        let olga = world.owner().await;
        let ben = world.join(&olga, "ben", "editor").await;
        let secret = olga.channel("secret", "private").await;
        let seat = [("channel", secret.as_str()), ("member", ben.member.as_str())];
        olga.own("chat.channel.invite", &seat, json!({})).await.ok();
        let said = olga.post(&secret, "hello @ben").await.ok();
        let one = [seat[0], ("message", said["id"].as_str().unwrap())];
        olga.own("chat.message.edit", &one, json!({ "body": "hello, @ben" })).await.ok();
        ben.own("chat.message.react", &one, json!({ "emoji": "👍", "on": true })).await.ok();
        ben.channel("bens own", "private").await;
        let direct = olga.own("chat.direct.open", &[], json!({ "members": [ben.member] })).await.ok();
        let direct = direct["id"].as_str().unwrap();
        olga.post(direct, "hello").await.ok();
        let eve = world.join(&olga, "eve", "editor").await;
        eve.own("chat.direct.open", &[], json!({ "members": [ben.member] })).await.ok();
        let page = async || olga.own("chat.message.list", &seat[..1], json!({})).await.ok();
        let before = page().await;
        // As it was: no revisions, nobody named, everybody seated, and a member removed without any consequence.
        let database = world.database().await;
        let old = "UPDATE message SET revision = 0; UPDATE channel SET people = NULL;
             INSERT INTO channel_member (org_id, channel_id, member_id, joined_at, read_seq)
               SELECT c.org_id, c.id, m.id, 0, 0 FROM channel c JOIN member m ON m.org_id = c.org_id AND m.handle = 'ben'
               WHERE c.kind = 'direct' AND c.head = 0;
             UPDATE member SET state = 'removed' WHERE handle = 'ben'";
        database.execute(old).await.unwrap();
        let step = store::MIGRATIONS.iter().find(|step| step.name == "0005_order_and_seats").unwrap();
        let text = if database.is_postgres() { step.postgres } else { step.sqlite };
        // The columns are there already; what is left is what is done to the rows.
        let rows: Vec<&str> = text.lines().filter(|line| !line.contains("ADD COLUMN")).collect();
        database.execute(&rows.join("\n")).await.unwrap();
        assert_eq!(page().await["items"], before["items"], "the number of the latest change is found again");
        assert_eq!(seats(&olga, &secret).await, (vec![json!(olga.member)], 1));
        let deserted = olga.own("chat.channel.read", &[("channel", direct)], json!({})).await.ok();
        assert_eq!((&deserted["deserted"], deserted["members"].as_array().unwrap().len()), (&json!(true), 2));
        assert!(channels(&eve).await.is_empty(), "nobody has said a word in it");
        let abandoned = "SELECT name FROM channel WHERE archived_at IS NOT NULL AND private_name_folded IS NULL";
        assert_eq!(database.column(abandoned).await, ["bens own"]);
        assert!(database.column("SELECT seq FROM mention").await.is_empty());
        assert!(database.broken_keys().await.is_empty());
    }
}
