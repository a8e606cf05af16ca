//! An organisation with somebody of each kind, in which everybody can be made to ask for everything.

use std::collections::BTreeMap;
use std::time::Duration;

use api_tests::sample::{Described, Ids};
use api_tests::{Client, PASSWORD, Socket, World};
use serde_json::{Value, json};

/// The reviewed table. `HOLDFAST_UPDATE_SNAPSHOTS=1 cargo test -p api-tests` writes it anew.
pub(crate) const TABLE: &str = include_str!("../authz.snap");

/// Who asks.
pub(crate) const CALLERS: [&str; 11] = [
    "anonymous",
    "viewer",
    "editor",
    "admin",
    "owner",
    "super",
    "stranger",
    "ended",
    "removed",
    "bot",
    "reader",
];

/// Operations that end or replace the session they are asked with, or the password.
pub(crate) const ENDING: [&str; 8] = [
    "session.end",
    "session.create",
    "session.revoke",
    "session.revoke_others",
    "me.change_password",
    "invitation.accept",
    "setup.complete",
    "password.reset",
];

/// How the caller can stand to what an operation is about.
pub(crate) fn standings(operation: &Described) -> &'static [&'static str] {
    match operation.id.as_str() {
        "chat.message.edit" | "chat.message.delete" => &["author", "member", "public", "private", "archived"],
        "member.update" | "member.remove" => &["below", "peer", "above", "itself", "service"],
        "token.create" | "token.list" | "token.revoke" => &["below", "peer", "itself", "service"],
        "session.revoke" => &["own", "another's"],
        _ if operation.ids.iter().any(|id| id == "channel") => &["member", "public", "private", "archived"],
        _ => &[""],
    }
}

/// An organisation with somebody of each kind.
pub(crate) struct House {
    world: World,
    /// Owns it, and administers the installation.
    olga: Client,
    people: BTreeMap<&'static str, (Client, String)>,
    /// A member whom no call changes.
    lasting: Client,
    /// Channels that no call changes, by standing.
    channels: BTreeMap<String, (String, String)>,
    made: u32,
}

impl House {
    pub(crate) async fn of(world: World) -> Self {
        let olga = world.owner().await;
        let mut people = BTreeMap::new();
        for (caller, handle, role) in [
            ("viewer", "vic", "viewer"),
            ("editor", "ed", "editor"),
            ("admin", "ada", "admin"),
            ("owner", "otto", "owner"),
            ("ended", "eve", "admin"),
            ("removed", "rem", "admin"),
        ] {
            let person = world.join(&olga, handle, role).await;
            people.insert(caller, (person, format!("{handle}@example.org")));
        }
        people.insert("super", (olga.clone(), "olga@example.org".into()));
        people.insert("stranger", (world.stranger().await, "rita@example.net".into()));
        people.insert("anonymous", (world.anonymous(), String::new()));
        let removed = people["removed"].0.member.clone();
        olga.own("member.remove", &[("member", &removed)], json!({})).await.ok();
        let eve = &people["ended"].0;
        eve.sign_in("eve@example.org", PASSWORD)
            .await
            .call("session.revoke_others", &[], json!({}))
            .await
            .ok();
        let lasting = world.join(&olga, "tom", "viewer").await;
        // A service account that may do whatever an editor may, and an administrator's token for reading chat.
        let bot = olga.service_account("bot", "editor", &every_scope(&olga).await).await;
        people.insert("bot", (bot, String::new()));
        let rae = world.join(&olga, "rae", "admin").await;
        people.insert("reader", (rae.token_of(&rae.member, &["chat:read"]).await, String::new()));
        Self { world, olga, people, lasting, channels: BTreeMap::new(), made: 0 }
    }

    fn fresh(&mut self, word: &str) -> String {
        self.made += 1;
        format!("{word}{}", self.made)
    }

    async fn newcomer(&mut self, role: &str) -> Client {
        let handle = self.fresh("guest");
        self.world.join(&self.olga, &handle, role).await
    }

    /// Who calls. `alone`: with a session of their own, which the operation may end.
    async fn caller(&self, caller: &str, alone: bool) -> Client {
        let (client, email) = &self.people[caller];
        if !alone || matches!(caller, "anonymous" | "ended" | "bot" | "reader") {
            return client.clone();
        }
        client.sign_in(email, PASSWORD).await
    }

    /// The code of the answer, over HTTP or over a WebSocket.
    pub(crate) async fn ask(
        &mut self,
        operation: &Described,
        standing: &str,
        caller: &str,
        socket: bool,
    ) -> u16 {
        // Time for every rate to recover: they are tested elsewhere.
        self.world.clock.advance(Duration::from_secs(61));
        let itself = standing == "itself";
        let ranked = matches!(caller, "viewer" | "editor" | "admin" | "owner");
        let role = if ranked { caller } else { "viewer" };
        let own = self.caller(caller, ENDING.contains(&operation.id.as_str())).await;
        let who = if itself && ranked { self.newcomer(role).await } else { own };
        let (ids, input) = self.things(operation, standing, caller, &who).await;
        let path = ids.path(operation);
        if !socket {
            let answer = who.call(&operation.id, &path, input).await.status;
            self.renew(caller, operation).await;
            return answer;
        }
        let mut socket = Socket::open(&who).await;
        let path: serde_json::Map<String, Value> =
            path.iter().map(|(k, v)| ((*k).into(), json!(v))).collect();
        let answer = match socket.call(&operation.id, Value::Object(path), input).await {
            Ok(_) => 200,
            Err(error) => status_of(error["code"].as_str().unwrap()),
        };
        self.renew(caller, operation).await;
        answer
    }

    /// Signs in anew whoever's sessions may have ended.
    async fn renew(&mut self, caller: &str, operation: &Described) {
        if !ENDING.contains(&operation.id.as_str())
            || matches!(caller, "anonymous" | "ended" | "bot" | "reader")
        {
            return;
        }
        let (client, email) = self.people.get_mut(caller).unwrap();
        *client = client.sign_in(email, PASSWORD).await;
        if caller == "super" {
            self.olga = client.clone();
        }
    }

    /// A channel with a message, in which everybody is unless they should not be.
    async fn lasting_channel(&mut self, standing: &str) -> (String, String) {
        if let Some(found) = self.channels.get(standing) {
            return found.clone();
        }
        let olga = self.olga.clone();
        let kind = if standing == "private" { "private" } else { "public" };
        let channel = olga.channel(&self.fresh("lasting"), kind).await;
        if !matches!(standing, "public" | "private") {
            for caller in ["viewer", "editor", "admin", "owner", "bot", "reader"] {
                let seat = [("channel", channel.as_str()), ("member", self.people[caller].0.member.as_str())];
                olga.own("chat.channel.invite", &seat, json!({})).await.ok();
            }
        }
        let message = olga.post(&channel, "hello").await.ok()["id"].as_str().unwrap().to_owned();
        if standing == "archived" {
            olga.own("chat.channel.archive", &[("channel", &channel)], json!({})).await.ok();
        }
        self.channels.insert(standing.to_owned(), (channel.clone(), message.clone()));
        (channel, message)
    }

    /// Everything that the operation names, made for this one call, and an input that fits.
    async fn things(
        &mut self,
        operation: &Described,
        standing: &str,
        caller: &str,
        who: &Client,
    ) -> (Ids, Value) {
        let id = operation.id.as_str();
        let olga = self.olga.clone();
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let mut ids = Ids { org: olga.org.clone(), ..Ids::default() };
        let named = |name: &str| {
            operation.ids.iter().any(|n| n == name) || operation.fields.iter().any(|(n, _)| n.contains(name))
        };
        let ranked = matches!(caller, "viewer" | "editor" | "admin" | "owner");
        let mut target_email = String::new();
        let nobody = matches!(caller, "anonymous" | "stranger" | "ended" | "removed");
        if named("member")
            || named("user")
            || ["session.create", "password.reset", "chat.import.lines"].contains(&id)
        {
            let role = match standing {
                "above" => "owner",
                "peer" if ranked => caller,
                _ => "viewer",
            };
            // Who may be changed by this call is somebody new each time.
            let lasting = !(id.starts_with("member.")
                || id.starts_with("token.")
                || id == "account.delete"
                || id == "password.reset");
            let target = match standing {
                "service" => {
                    let handle = self.fresh("robot");
                    olga.service_account(&handle, "viewer", &["chat:read"]).await
                }
                "itself" if ranked => who.clone(),
                _ if lasting || (nobody && id != "password.reset") => self.lasting.clone(),
                _ => self.newcomer(role).await,
            };
            target_email =
                if lasting { "tom@example.org".into() } else { format!("guest{}@example.org", self.made) };
            (ids.member, ids.user) = (target.member, target.user);
        }
        if operation.ids.iter().any(|id| id == "token") {
            let owner = if standing == "itself" && ranked { who } else { &olga };
            let whose = match standing {
                "service" => olga.service_account(&self.fresh("robot"), "viewer", &["chat:read"]).await,
                "itself" if ranked => who.clone(),
                "peer" if ranked => self.newcomer(caller).await,
                _ => self.newcomer("viewer").await,
            };
            let maker = if standing == "service" { owner } else { &whose };
            let input = json!({ "name": "a token", "scopes": ["chat:read"] });
            ids.token = text(
                &maker.own("token.create", &[("member", &whose.member)], input).await.ok()["token"]["id"],
            );
        }
        if named("channel") && (nobody || operation.reads()) {
            // Nothing changes it, so that all such calls can be about the same.
            (ids.channel, ids.message) = self.lasting_channel(standing).await;
        } else if named("channel") {
            let kind = if standing == "private" { "private" } else { "public" };
            ids.channel = olga.channel(&self.fresh("channel"), kind).await;
            let at = [("channel", ids.channel.as_str())];
            let mut author = &olga;
            if !matches!(standing, "public" | "private")
                && !matches!(caller, "anonymous" | "stranger" | "removed" | "super")
            {
                let seat = [at[0], ("member", who.member.as_str())];
                olga.own("chat.channel.invite", &seat, json!({})).await.ok();
                if standing == "author" && matches!(caller, "editor" | "admin" | "owner") {
                    author = who;
                }
            }
            ids.message = text(&author.post(&ids.channel, "hello").await.ok()["id"]);
            if id == "chat.channel.remove" {
                olga.own("chat.channel.invite", &[at[0], ("member", &ids.member)], json!({})).await.ok();
            }
            if standing == "archived" || id == "chat.channel.unarchive" {
                olga.own("chat.channel.archive", &at, json!({})).await.ok();
            }
        }
        let invited = format!("{}@example.org", self.fresh("invited"));
        if named("invitation") || id.starts_with("invitation.") {
            let input = json!({ "email": invited, "role": "viewer" });
            ids.invitation = text(&olga.own("invitation.create", &[], input).await.ok()["id"]);
        }
        if named("session") {
            let own = standing == "own" && !matches!(caller, "anonymous" | "ended" | "bot" | "reader");
            let email = if own { self.people[caller].1.clone() } else { "olga@example.org".into() };
            let other = who.sign_in(&email, PASSWORD).await;
            let sessions = other.call("session.list", &[], json!({})).await.ok();
            let current =
                sessions["items"].as_array().unwrap().iter().find(|s| s["current"] == true).unwrap().clone();
            ids.session = text(&current["id"]);
        }
        if named("job") {
            let input = json!({ "email": format!("{}@example.org", self.fresh("mailed")), "role": "viewer" });
            olga.own("invitation.create", &[], input).await.ok();
            let newest = json!({ "kind": "identity.mail", "limit": 1 });
            ids.job = text(&olga.call("job.list", &[], newest).await.ok()["items"][0]["id"]);
            if id == "job.cancel" {
                // There is no mail server, so that nobody runs it: it is as if somebody did.
                let running =
                    "UPDATE job SET state = 'running' WHERE kind = 'identity.mail' AND state = 'waiting'";
                self.world.database().await.execute(running).await.unwrap();
            }
        }
        let mut input = if operation.reads() { json!({}) } else { ids.input(operation) };
        let mut set = |name: &str, value: &str| {
            if input.get(name).is_some() {
                input[name] = json!(value);
            }
        };
        self.made += 1;
        set("name", &format!("Name {}", self.made));
        set("email", &format!("somebody{}@example.org", self.made));
        set("ownerEmail", &format!("somebody{}@example.org", self.made));
        set("handle", &format!("somebody{}", self.made));
        match id {
            // The same one: the next who calls signs in with it.
            "me.change_password" => set("password", PASSWORD),
            "me.update" => set("name", "Same Name"),
            "session.create" => {
                set("email", &target_email);
                set("password", PASSWORD);
            }
            "invitation.lookup" | "invitation.accept" => {
                set("token", &self.world.mailed_token(&invited).await)
            }
            "password.reset" => {
                let asked = json!({ "email": target_email });
                self.world.anonymous().call("password.request_reset", &[], asked).await.ok();
                set("token", &self.world.mailed_token(&target_email).await);
            }
            _ => {}
        }
        (ids, input)
    }
}

/// All that a token can be good for.
async fn every_scope(olga: &Client) -> Vec<&'static str> {
    let list = olga.own("token.list", &[("member", &olga.member)], json!({})).await.ok();
    let all = list["scopes"].as_array().unwrap().iter();
    all.map(|scope| &*scope.as_str().unwrap().to_owned().leak()).collect()
}

fn status_of(code: &str) -> u16 {
    kernel::Code::ALL.iter().find(|c| c.as_str() == code).unwrap().status()
}

/// The answers in the table's line for an operation and a standing, by caller.
pub(crate) fn expected(operation: &str, standing: &str) -> BTreeMap<&'static str, u16> {
    let line = TABLE.lines().find(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some(operation) && (standing.is_empty() || words.next() == Some(standing))
    });
    let line = line.unwrap_or_else(|| panic!("no line for {operation} {standing}"));
    let codes: Vec<u16> = line.split_whitespace().filter_map(|w| w.parse().ok()).collect();
    CALLERS.into_iter().zip(codes).collect()
}
