//! Mail as it arrives at a real mail server: what is in it, whom it reaches, and what happens when it does not get through.

use std::sync::Arc;
use std::time::Duration;

use ::jobs::Worker;
use access::Generations;
use api_tests::catcher::{self, Certificate};
use api_tests::{Catcher, PASSWORD, Process, World};
use identity::{HashCost, Identity, IdentityConfig, MailConfig, MailSecurity};
use kernel::Secret;
use kernel::cx::OsEntropy;
use kernel::time::{DAY, HOUR};
use serde_json::{Value, json};
use store::Store;

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}"))
}

/// The token in a mail's link.
fn token(mail: &Value) -> String {
    let link = text(&mail["text"]).split_whitespace().find(|w| w.contains('#')).expect("a link");
    link.split_once('#').unwrap().1.to_owned()
}

/// Polls until the mails that wait are as they should be.
async fn mails_waiting(list: impl AsyncFn() -> Value, right: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let started = std::time::Instant::now();
    loop {
        let mails = list().await["items"].as_array().unwrap().clone();
        if right(&mails) {
            return mails;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "there wait {mails:#?}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// All mails that wait have been tried and could not be sent.
fn all_failed(mails: &[Value]) -> bool {
    !mails.is_empty() && mails.iter().all(|mail| mail["problem"].is_string())
}

// REQ ID-4, ID-7
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_and_a_reset_arrive_and_work_once() {
    let catcher = Catcher::start(&[]);
    for world in World::on_each(catcher.settings()).await {
        let olga = world.owner().await;
        let before = catcher.mails().len();
        let invite = json!({ "email": "ben@example.org", "role": "editor" });
        olga.own("invitation.create", &[], invite).await.ok();
        let mail = catcher.next_mail(before).await;
        assert_eq!(mail["recipients"], json!(["ben@example.org"]));
        assert_eq!(text(&mail["subject"]), "Olga Owner invites you to Acme");
        // Text and HTML say the same: what it is, who asked, and how long the link lives.
        for part in ["text", "html"] {
            let said = text(&mail[part]);
            for word in ["Olga Owner", "Acme", "Holdfast", "an editor", "once", "seven days", &token(&mail)] {
                assert!(said.contains(word), "{word:?} is not in the {part}: {said}");
            }
        }
        let accept = json!({ "token": token(&mail), "name": "Ben", "handle": "ben", "password": PASSWORD });
        let mut ben = world.anonymous();
        ben.call("invitation.accept", &[], accept.clone()).await.ok();
        ben.settle().await;
        world.anonymous().call("invitation.accept", &[], accept).await.refused(410, "link_expired");

        let before = catcher.mails().len();
        let ask = async |email: &str| {
            let reply =
                world.anonymous().call("password.request_reset", &[], json!({ "email": email })).await;
            let mut headers: Vec<_> = reply.headers.keys().map(ToString::to_string).collect();
            headers.sort();
            (reply.status, reply.body, headers)
        };
        // Nobody's first: had it sent anything, that would have come first.
        assert_eq!(ask("nobody@example.org").await, ask("ben@example.org").await);
        let mail = catcher.next_mail(before).await;
        assert_eq!(mail["recipients"], json!(["ben@example.org"]));
        for part in ["text", "html"] {
            let said = text(&mail[part]);
            for word in ["Holdfast", "once", "one hour", "ignore", &token(&mail)] {
                assert!(said.contains(word), "{word:?} is not in the {part}: {said}");
            }
        }
        let reset = json!({ "token": token(&mail), "password": "mirror otter plankton velvet" });
        world.anonymous().call("password.reset", &[], reset.clone()).await.ok();
        world.anonymous().call("password.reset", &[], reset).await.refused(410, "link_expired");
        ben.call("me.read", &[], json!({})).await.refused(401, "unauthenticated");
        let news = catcher.next_mail(before + 1).await;
        assert_eq!(text(&news["subject"]), "Your password was changed");
        assert!(text(&news["text"]).contains("https://holdfast.test/\n"), "{news:#}");
        assert!(!text(&news["text"]).contains('#'), "news carries no token: {news:#}");
        mails_waiting(async || world.console("mail.list", &[], json!({})).await.ok(), <[_]>::is_empty).await;
        assert_eq!(catcher.mails().len(), before + 2, "to nobody nothing is sent");
    }
}

// REQ ID-4 (attack I4): names come from people, and some of them are no names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_name_begins_a_header_or_adds_a_recipient() {
    let catcher = Catcher::start(&[]);
    let hostile = [
        "Eve\r\nBcc: all@example.org",
        "Eve\nBcc: all@example.org\n\nHello",
        "Eve\rBcc: all@example.org",
        "Eve\u{85}Bcc: all@example.org",
        "Eve\u{2028}Bcc: all@example.org",
        "=?utf-8?q?Eve=0D=0ABcc:_all=40example.org?=",
        "Eve <all@example.org>, <all2@example.org>",
        "\"Eve\" all@example.org;",
        "Eve\r\n.\r\nMAIL FROM:<eve@example.net>\r\nRCPT TO:<all@example.org>",
        "<b>Eve</b><img src=https://evil.example/x>",
        "Ευα 日本語 Ö 🎉",
    ];
    for world in World::on_each(catcher.settings()).await {
        let olga = world.owner().await;
        let mut sent = 0;
        let mut people = 0;
        for (n, name) in hostile.iter().enumerate() {
            world.clock.advance(Duration::from_secs(120));
            let update = olga.own("org.update", &[], json!({ "name": name })).await;
            assert!(matches!(update.status, 200 | 422), "{name:?}: {}", update.body);
            let update = olga.call("me.update", &[], json!({ "name": name })).await;
            assert!(matches!(update.status, 200 | 422), "{name:?}: {}", update.body);
            people += usize::from(update.status == 200);
            let before = catcher.mails().len();
            let email = format!("guest{n}@example.org");
            olga.own("invitation.create", &[], json!({ "email": email, "role": "viewer" })).await.ok();
            let mail = catcher.next_mail(before).await;
            assert_eq!(mail["recipients"], json!([email]), "{name:?}");
            assert_eq!(mail["sender"], "holdfast@example.org", "{name:?}");
            let headers = mail["headers"].as_array().unwrap().iter();
            let mut names: Vec<_> = headers.map(|h| text(h).split(':').next().unwrap().to_owned()).collect();
            names.sort();
            let own = [
                "Auto-Submitted",
                "Content-Type",
                "Date",
                "From",
                "MIME-Version",
                "Message-ID",
                "Subject",
                "To",
            ];
            assert_eq!(names, own, "{name:?}");
            let html = text(&mail["html"]);
            assert!(!html.contains("<img") && !html.contains("<b>"), "{name:?}: {html}");
            sent += 1;
        }
        assert_eq!(sent, hostile.len());
        assert!(people > 3, "{people} of these names can be a person's");
        // An address is one address.
        let before = catcher.mails().len();
        for email in [
            "a@example.org\r\nBcc: b@example.org",
            "a@example.org, b@example.org",
            "<a@example.org>",
            "a@example.org\r\nRCPT TO:<b@example.org>",
            "a@[127.0.0.1]",
            "\"a b\"@example.org",
            "a@example.org>\0",
        ] {
            world.clock.advance(Duration::from_secs(120));
            let reply = olga.own("invitation.create", &[], json!({ "email": email, "role": "viewer" })).await;
            reply.refused(422, "invalid_input");
        }
        mails_waiting(async || world.console("mail.list", &[], json!({})).await.ok(), <[_]>::is_empty).await;
        assert_eq!(catcher.mails().len(), before);
    }
}

/// Time passes for the mails: more than a lease and the first pauses.
async fn make_due(process: &Process) {
    let sql = "UPDATE job SET state = 'waiting', due_at = due_at - 600000000";
    process.database().await.execute(sql).await.unwrap();
}

// REQ ID-4 (attack L5)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_waits_for_the_mail_server_and_goes_out_once_whatever_is_killed() {
    // A port that was free a moment ago: nobody answers there.
    let gone = Catcher::start(&[]).port.to_string();
    let mut settings = catcher::settings(gone.parse().unwrap(), "off");
    settings.push(("HOLDFAST_LOG__LEVEL".into(), "debug".into()));
    for mut process in Process::on_each(settings).await {
        let mut olga = process.owner().await;
        let invite = json!({ "email": "ben@example.org", "role": "editor" });
        olga.own("invitation.create", &[], invite).await.ok();
        let list = async || process.console("mail.list", &[], json!({})).await.ok();
        let waiting = mails_waiting(list, all_failed).await;
        let secret = token(&waiting[0]);
        let mut said = process.said();
        process.kill();

        // The mail server is back, and takes the mail, but the answer is lost with our process.
        let mute = Catcher::start(&["--mute"]);
        make_due(&process).await;
        process.set("HOLDFAST_MAIL__PORT", &mute.port.to_string());
        process.boot();
        let first = mute.next_mail(0).await;
        assert_eq!(token(&first), secret);
        said += &process.said();
        process.kill();

        // Nobody can know that it had been taken. It is sent again rather than lost, and as the same mail.
        let catcher = Catcher::start(&[]);
        make_due(&process).await;
        process.set("HOLDFAST_MAIL__PORT", &catcher.port.to_string());
        process.boot();
        let again = catcher.next_mail(0).await;
        assert_eq!(again["messageId"], first["messageId"], "whoever gets both can see that they are one");
        assert_eq!(token(&again), secret);
        let list = async || process.console("mail.list", &[], json!({})).await.ok();
        mails_waiting(list, <[_]>::is_empty).await;
        said += &process.said();

        // What has been sent stays sent, whatever happens to the server.
        process.kill();
        process.boot();
        olga.address = process.address;
        let invite = json!({ "email": "cleo@example.org", "role": "editor" });
        olga.own("invitation.create", &[], invite).await.ok();
        let next = catcher.next_mail(1).await;
        assert_eq!(next["recipients"], json!(["cleo@example.org"]));
        assert_ne!(next["messageId"], again["messageId"]);
        let list = async || process.console("mail.list", &[], json!({})).await.ok();
        mails_waiting(list, <[_]>::is_empty).await;
        assert_eq!(catcher.mails().len(), 2);

        // The log has said that there was trouble, and nothing of what was in the mail.
        said += &process.said();
        assert!(said.contains("a job has failed and will be tried again"), "{said}");
        for private in [&secret, &token(&next), "ben@example.org", "cleo@example.org", PASSWORD] {
            assert!(!said.contains(private), "the log holds {private:?}: {said}");
        }
    }
}

// REQ ID-4: a mail server repeats the address that it refuses; the log does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_recipient_is_not_in_the_log() {
    let catcher = Catcher::start(&["--refuse"]);
    for process in Process::on_each(catcher.settings()).await {
        let olga = process.owner().await;
        let invite = json!({ "email": "ben@example.org", "role": "editor" });
        olga.own("invitation.create", &[], invite).await.ok();
        let list = async || process.console("mail.list", &[], json!({})).await.ok();
        let waiting = mails_waiting(list, all_failed).await;
        assert!(text(&waiting[0]["problem"]).contains("<ben@example.org> is nobody here"), "{waiting:#?}");
        process.says("550").await;
        assert!(!process.said().contains("ben@example.org"), "{}", process.said());
    }
}

// REQ EDGE-13
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_does_not_answer_does_not_keep_holdfast_from_stopping() {
    let catcher = Catcher::start(&["--mute"]);
    let mut process = Process::start(catcher.settings());
    let olga = process.owner().await;
    for n in 0..3 {
        let invite = json!({ "email": format!("guest{n}@example.org"), "role": "editor" });
        olga.own("invitation.create", &[], invite).await.ok();
    }
    catcher.next_mail(0).await;
    let started = std::time::Instant::now();
    assert!(process.stop().success());
    assert!(started.elapsed() < Duration::from_secs(8), "stopping took {:?}", started.elapsed());
    assert_eq!(catcher.mails().len(), 1, "no other mail was begun");
}

// REQ ID-4: to whom we speak is made sure of before anything is said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_said_to_a_mail_server_that_cannot_show_who_it_is() {
    let certificate = Certificate::new();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("smtp-password");
    std::fs::write(&file, "only for the real one").unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let login = ["--user", "holdfast", "--password", "only for the real one"];
    // An unknown authority's certificate; and one who says that it has no TLS at all (and so has a listener in between).
    for (server, ours) in
        [("starttls", "starttls"), ("implicit", "implicit"), ("off", "starttls"), ("off", "implicit")]
    {
        let catcher = Catcher::start(&[&["--tls", server], &certificate.options()[..], &login].concat());
        let mut settings = catcher::settings(catcher.port, ours);
        settings.push(("HOLDFAST_MAIL__USERNAME".into(), "holdfast".into()));
        settings.push(("HOLDFAST_MAIL__PASSWORD_FILE".into(), file.to_str().unwrap().into()));
        let world = World::start(settings).await;
        let olga = world.owner().await;
        olga.own("invitation.create", &[], json!({ "email": "ben@example.org", "role": "editor" }))
            .await
            .ok();
        let list = async || world.console("mail.list", &[], json!({})).await.ok();
        let waiting = mails_waiting(list, all_failed).await;
        assert_eq!(waiting.len(), 1, "{server}, {ours}: it waits");
        assert_eq!(catcher.mails(), Vec::<Value>::new(), "{server}, {ours}");
        assert_eq!(catcher.told("signIn"), Vec::<Value>::new(), "{server}, {ours}");
    }
}

// REQ ID-4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_goes_over_tls_with_a_name_and_a_password() {
    let certificate = Certificate::new();
    let login = ["--user", "holdfast", "--password", "a password of its own"];
    for (tls, security) in [("starttls", MailSecurity::Starttls), ("implicit", MailSecurity::Tls)] {
        let catcher = Catcher::start(&[&["--tls", tls], &certificate.options()[..], &login].concat());
        for world in World::on_each(Vec::new()).await {
            let olga = world.owner().await;
            olga.own("invitation.create", &[], json!({ "email": "ben@example.org", "role": "editor" }))
                .await
                .ok();
            let config = |password: &str| MailConfig {
                host: "127.0.0.1".into(),
                port: Some(catcher.port),
                security,
                user: Some("holdfast".into()),
                password: Some(Secret::new(password)),
                from: "holdfast@example.org".into(),
                ca_file: Some(certificate.authority.clone()),
            };
            let list = async || world.console("mail.list", &[], json!({})).await.ok();
            let before = catcher.mails().len();
            let wrong = Sending::start(&world, config("a wrong one")).await;
            let waiting = mails_waiting(list, all_failed).await;
            assert!(text(&waiting[0]["problem"]).contains("535"), "{waiting:#?}");
            assert!(!waiting[0].to_string().contains("a wrong one"), "{waiting:#?}");
            wrong.stop().await;
            assert_eq!(catcher.mails().len(), before);
            world.clock.advance(Duration::from_secs(60));
            let right = Sending::start(&world, config("a password of its own")).await;
            let mail = catcher.next_mail(before).await;
            assert_eq!((&mail["secure"], &mail["user"]), (&json!(true), &json!("holdfast")));
            mails_waiting(list, <[_]>::is_empty).await;
            right.stop().await;
        }
    }
}

/// A worker of its own that sends a world's mail: with an authority of its own, which no setting names.
struct Sending {
    stop: tokio::sync::watch::Sender<bool>,
    running: tokio::task::JoinHandle<()>,
}

impl Sending {
    async fn start(world: &World, mail: MailConfig) -> Self {
        let config = IdentityConfig {
            public_url: "https://holdfast.test".parse().unwrap(),
            session_idle: HOUR,
            session_absolute: DAY,
            hash_cost: HashCost { memory_kib: 64, passes: 1, lanes: 1 },
            mails: true,
        };
        let (clock, entropy) = (world.clock.clone(), Arc::new(OsEntropy));
        let generations = Arc::new(Generations::default());
        let identity = Identity::new(config, generations, true, clock.clone(), entropy.clone()).unwrap();
        let store = Store::open(&world.location(), Arc::new(|_| {})).await.unwrap();
        let registry = identity.jobs(Some(mail)).unwrap();
        let worker = Worker::new(store, clock, entropy, &registry, Arc::default()).unwrap();
        let (stop, stopping) = tokio::sync::watch::channel(false);
        let running = tokio::spawn(worker.run(stopping));
        Self { stop, running }
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        self.running.await.unwrap();
    }
}
