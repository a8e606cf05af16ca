//! Fills an empty database with the data set of the page benchmark: 1,000 people with one live session each, 100 channels,
//! everybody in 20 of them, a million messages written round robin over the channels, bodies of 20 to 200 characters.
//!
//! `seed sqlite FILE KEYFILE REQUESTS` or `seed postgres URL - REQUESTS`: REQUESTS receives 4,096 lines `path TAB cookie`.
#![allow(clippy::disallowed_methods, reason = "there is nobody to authorise in an empty database")]

use std::io::Write;
use std::sync::Arc;

use kernel::cx::{Entropy, OsEntropy, uuid_v7};
use kernel::{Clock, Error, MemberId, OrgId, Result, Secret, UserId};
use sha2::{Digest, Sha256};
use store::{Location, Store, Tenant, Tx, params};
use uuid::Uuid;

const PEOPLE: usize = 1_000;
const CHANNELS: usize = 100;
const EACH_IN: usize = 20;
const MESSAGES: usize = 1_000_000;
const REQUESTS: usize = 4_096;

/// A fixed sequence: every run has the same data.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, n: usize) -> usize {
        // splitmix64 (Steele, Lea, Flood 2014)
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap_or(0)
    }

    fn body(&mut self) -> String {
        let letters = b"etaoin shrdlu cmfwyp";
        (0..20 + self.below(181)).map(|_| char::from(letters[self.below(letters.len())])).collect()
    }
}

fn token(n: usize) -> String {
    format!("bench-session-token-{n:023}")
}

fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [engine, place, key_file, requests] = args.as_slice() else { return std::process::ExitCode::FAILURE };
    let location = if engine == "sqlite" {
        let key = std::fs::read_to_string(key_file).unwrap_or_default();
        Location::Sqlite { path: place.into(), key: Secret::new(key.trim()) }
    } else {
        Location::Postgres { url: Secret::new(place.clone()), ca_file: None, connections: 2 }
    };
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Error::internal)
        .and_then(|runtime| runtime.block_on(seed(&location, requests)));
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(std::io::stderr(), "{error:?}"));
            std::process::ExitCode::FAILURE
        }
    }
}

#[derive(Clone)]
struct Plan {
    org: OrgId,
    now: i64,
    people: Arc<Vec<(UserId, MemberId)>>,
    channels: Arc<Vec<Uuid>>,
}

async fn seed(location: &Location, requests: &str) -> Result<()> {
    let store = Store::open(location, Arc::new(|_| {})).await?;
    let clock = kernel::time::SystemClock;
    let id = || uuid_v7(clock.now(), &OsEntropy);
    let plan = Plan {
        org: OrgId(id()),
        now: clock.now().0,
        people: Arc::new((0..PEOPLE).map(|_| (UserId(id()), MemberId(id()))).collect()),
        channels: Arc::new((0..CHANNELS).map(|_| id()).collect()),
    };
    let first = plan.clone();
    store.write(move |tx| Box::pin(async move { people(tx, &first).await })).await?;
    let each = 10_000;
    for from in (0..MESSAGES).step_by(each) {
        let plan = plan.clone();
        store.write(move |tx| Box::pin(async move { messages(tx, &plan, from, each).await })).await?;
    }
    let mut random = Sequence(11);
    let mut lines = String::new();
    for _ in 0..REQUESTS {
        let person = random.below(PEOPLE);
        let channel = plan.channels[(person + random.below(EACH_IN) * (CHANNELS / EACH_IN)) % CHANNELS];
        let before = random.below(MESSAGES / CHANNELS);
        let query = if random.below(2) == 0 { String::new() } else { format!("?before={}", before + 60) };
        lines += &format!(
            "/api/v1/orgs/{}/channels/chn_{}/messages{query}\t__Host-session={}\n",
            plan.org,
            channel.simple(),
            token(person)
        );
    }
    std::fs::write(requests, lines).map_err(Error::internal)
}

async fn people(tx: &mut Tx, plan: &Plan) -> Result<()> {
    let at = Tenant::assume(plan.org);
    tx.execute(
        "INSERT INTO installation (id, set_up_at) VALUES (1, ?1) ON CONFLICT (id) DO NOTHING",
        params![plan.now],
    )
    .await?;
    tx.within(&at)
        .execute(
            "INSERT INTO organisation (org_id, name, slug, created_at) VALUES (?1, 'Bench', 'bench', ?2)",
            params![plan.now],
        )
        .await?;
    for channel in plan.channels.iter() {
        tx.within(&at)
            .execute(
                "INSERT INTO channel (org_id, id, kind, name, name_folded, topic, created_at, head) \
                 VALUES (?1, ?2, 'private', ?3, ?3, '', ?4, ?5)",
                params![*channel, &channel.to_string(), plan.now, (MESSAGES / CHANNELS) as i64],
            )
            .await?;
    }
    for (n, (user, member)) in plan.people.iter().enumerate() {
        let (name, mail) = (format!("person{n}"), format!("person{n}@example.org"));
        tx.execute(
            "INSERT INTO account (id, email, email_folded, name, state, created_at) VALUES (?1, ?2, ?2, ?3, 'active', ?4)",
            params![*user, &mail, &name, plan.now],
        )
        .await?;
        let hash: [u8; 32] = Sha256::digest(token(n)).into();
        let mut session = [0; 16];
        OsEntropy.fill(&mut session);
        tx.execute(
            "INSERT INTO session (id, token_hash, user_id, created_at, last_seen_at, expires_at, device) \
             VALUES (?1, ?2, ?3, ?4, ?4, ?5, 'bench')",
            params![Uuid::from_bytes(session), &hash, *user, plan.now, plan.now + 30 * kernel::time::DAY],
        )
        .await?;
        tx.execute(
            "INSERT INTO membership (user_id, org_id, member_id) VALUES (?1, ?2, ?3)",
            params![*user, plan.org, *member],
        )
        .await?;
        tx.within(&at)
            .execute(
                "INSERT INTO member (org_id, id, user_id, name, handle, role, state, created_at) \
                 VALUES (?1, ?2, ?3, ?4, ?4, 'editor', 'active', ?5)",
                params![*member, *user, &name, plan.now],
            )
            .await?;
        for k in 0..EACH_IN {
            let channel = plan.channels[(n + k * (CHANNELS / EACH_IN)) % CHANNELS];
            tx.within(&at)
                .execute(
                    "INSERT INTO channel_member (org_id, channel_id, member_id, joined_at, read_seq) VALUES (?1, ?2, ?3, ?4, 0)",
                    params![channel, *member, plan.now],
                )
                .await?;
        }
    }
    Ok(())
}

async fn messages(tx: &mut Tx, plan: &Plan, from: usize, count: usize) -> Result<()> {
    let at = Tenant::assume(plan.org);
    let mut random = Sequence(from as u64 + 1);
    for n in from..from + count {
        let (author, body) = (plan.people[random.below(PEOPLE)].1, random.body());
        let time = plan.now - (MESSAGES - n) as i64 * kernel::time::SECOND;
        let id = uuid_v7(kernel::Timestamp(time), &OsEntropy);
        tx.within(&at)
            .execute(
                "INSERT INTO message (org_id, channel_id, seq, id, author_id, client_id, body, created_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![plan.channels[n % CHANNELS], (n / CHANNELS + 1) as i64, id, author, id, &body, time],
            )
            .await?;
    }
    Ok(())
}
