//! Disks that fill up, that fail, and that tear what was being written when the power went.
#![cfg(target_os = "linux")]

use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Duration;

use api_tests::process::{DISK_FULL, DiskFault, SYNC_FAILS, SYNC_FAILS_AT_TIMES};
use api_tests::{Client, Crowd, Dice, PASSWORD, Process, in_all};
use serde_json::json;
use uuid::Uuid;

/// While the disk fails nothing is acknowledged, reading goes on, and what fails says so. Afterwards writing goes on by
/// itself; and what was acknowledged outlives a kill.
async fn fails_and_heals(fault: DiskFault) {
    let mut process = Process::on_faulty_disk();
    let mut olga = process.owner().await;
    let general = olga.channel("general", "public").await;
    let crowd = Crowd::start(&olga, &general, 6);
    crowd.get_through(60).await;
    process.break_disk(fault);
    crowd.are_refused(20).await;
    let before = crowd.acknowledged();
    crowd.are_refused(60).await;
    for _ in 0..5 {
        olga.call("me.read", &[], json!({})).await.ok();
        olga.own("chat.message.list", &[("channel", &general)], json!({ "limit": 50 })).await.ok();
    }
    if fault.always {
        assert_eq!(crowd.acknowledged(), before, "acknowledged although it could not be kept");
        let sign_in = json!({ "email": "olga@example.org", "password": PASSWORD });
        olga.call("session.create", &[], sign_in).await.refused(503, "unavailable");
    }
    process.mend_disk(fault);
    crowd.get_through(60).await;
    let told = crowd.stop().await;
    told.refused_for_now();
    told.kept(&olga, &general).await;
    if fault.always {
        one_line_for_each_refusal(&process, &olga, &general, fault).await;
    }
    // The same again, and then the power goes.
    let crowd = Crowd::start(&olga, &general, 6);
    crowd.get_through(30).await;
    process.break_disk(fault);
    crowd.are_refused(20).await;
    process.kill();
    let mut more = crowd.stop().await;
    process.boot();
    olga.address = process.address;
    more.send_again(&olga, &general).await;
    more.kept(&olga, &general).await;
    told.kept(&olga, &general).await;
}

/// What could not be written is an error in the log once, not once for each floor that it passes.
async fn one_line_for_each_refusal(process: &Process, olga: &Client, general: &str, fault: DiskFault) {
    let heard = process.said().len();
    process.break_disk(fault);
    for n in 0..3 {
        olga.post(general, &format!("refused {n}")).await.refused(503, "unavailable");
    }
    process.mend_disk(fault);
    // The log is written beside the work: what follows has time to come, too.
    let errors = || process.said()[heard..].lines().filter(|line| line.contains("ERROR")).count();
    let written = async {
        while errors() < 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    in_all("three errors in the log", written).await;
    for n in 0..20 {
        olga.post(general, &format!("kept {n}")).await.ok();
    }
    assert_eq!(errors(), 3, "{}", &process.said()[heard..]);
}

// REQ RT-3 (attack L5)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_keeps_what_was_acknowledged_and_heals() {
    fails_and_heals(DISK_FULL).await;
}

// REQ RT-3 (attack L5)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_synced_is_never_acknowledged() {
    fails_and_heals(SYNC_FAILS).await;
}

// REQ RT-3 (attack L5)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_at_times_loses_nothing() {
    fails_and_heals(SYNC_FAILS_AT_TIMES).await;
}

/// The write-ahead log, beside the database.
fn log_of(process: &Process) -> PathBuf {
    process.data().join("holdfast.db-wal")
}

async fn posted(olga: &Client, general: &str, count: usize) -> api_tests::Told {
    let crowd = Crowd::start(olga, general, 4);
    crowd.get_through(count).await;
    crowd.stop().await
}

// REQ RT-3 (attack L5)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_torn_write_is_no_write() {
    let seed = Uuid::new_v4().as_u64_pair().0 | 1;
    println!("seed {seed}");
    let mut dice = Dice(seed);
    let mut process = Process::sqlite().await;
    let mut olga = process.owner().await;
    let general = olga.channel("general", "public").await;
    let mut all = Vec::new();
    for round in 0..6 {
        all.push(posted(&olga, &general, 30).await);
        process.kill();
        let log = log_of(&process);
        let written = std::fs::read(&log).unwrap();
        assert!(written.len() > 32 + 2 * FRAME, "there is a log to tear");
        // What a power cut leaves of a commit that was being written, behind those that are complete.
        let frame = written[32 + FRAME..32 + 2 * FRAME].to_vec();
        let torn = match round {
            // Part of a frame; a whole one with half of its page missing; noise; and nothing of it but its length.
            0 => frame[..1 + usize::try_from(dice.roll(FRAME as u64 - 1)).unwrap()].to_vec(),
            1 => [&frame[..FRAME / 2], &vec![0; FRAME / 2][..]].concat(),
            2 => (0..3 * FRAME).map(|_| dice.roll(256) as u8).collect(),
            3 => vec![0; 2 * FRAME],
            // A frame of an earlier commit, as it stood there before; and a run of them.
            4 => frame,
            _ => written[32..].to_vec(),
        };
        let mut file = std::fs::OpenOptions::new().write(true).open(&log).unwrap();
        file.seek(SeekFrom::Start(end_of_commits(&written) as u64)).unwrap();
        file.write_all(&torn).unwrap();
        drop(file);
        process.boot();
        olga.address = process.address;
        for told in &mut all {
            told.send_again(&olga, &general).await;
            told.kept(&olga, &general).await;
        }
    }
}

/// A frame of the log: its header and a page.
const FRAME: usize = 24 + PAGE;
const PAGE: usize = 4096;

/// Where the next commit goes: behind the last frame that belongs to this round of the log.
fn end_of_commits(log: &[u8]) -> usize {
    let frames = log[32..].chunks_exact(FRAME).take_while(|frame| frame[8..16] == log[16..24]);
    32 + frames.count() * FRAME
}

// REQ RT-3 (attack L5)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_torn_while_it_was_copied_from_the_log_is_copied_again() {
    let mut process = Process::sqlite().await;
    let mut olga = process.owner().await;
    let general = olga.channel("general", "public").await;
    let told = posted(&olga, &general, 60).await;
    process.kill();
    let log = std::fs::read(log_of(&process)).unwrap();
    let mut file = std::fs::OpenOptions::new().write(true).open(process.data().join("holdfast.db")).unwrap();
    let size = file.metadata().unwrap().len();
    let mut torn = 0;
    for frame in log[32..end_of_commits(&log)].chunks_exact(FRAME) {
        let page = u64::from(u32::from_be_bytes(frame[..4].try_into().unwrap()));
        // Its second half is still that of another time.
        let half = (page - 1) * PAGE as u64 + PAGE as u64 / 2;
        if half < size {
            file.seek(SeekFrom::Start(half)).unwrap();
            file.write_all(&[0x5a; PAGE / 2]).unwrap();
            torn += 1;
        }
    }
    drop(file);
    assert!(torn > 0, "no page of the log was in the database yet");
    process.boot();
    olga.address = process.address;
    told.kept(&olga, &general).await;
}

// REQ RT-3, RUN-4 (attack L5): what is damaged is refused, whole, with a way out; nothing made up is served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_database_is_refused_and_left_as_it_is() {
    let mut process = Process::sqlite().await;
    let olga = process.owner().await;
    let general = olga.channel("general", "public").await;
    let told = posted(&olga, &general, 200).await;
    assert!(process.stop().success());
    let path = process.data().join("holdfast.db");
    let sound = std::fs::read(&path).unwrap();
    let damage = |at: usize, bytes: &[u8]| {
        let mut damaged = sound.clone();
        damaged[at..at + bytes.len()].copy_from_slice(bytes);
        damaged
    };
    for (what, damaged) in [
        ("the first page", damage(100, &[0x5a; 64])),
        ("its salt", damage(0, &[0x5a; 16])),
        ("another file", b"SQLite format 3\0 and no more of it".repeat(100)),
    ] {
        std::fs::write(&path, &damaged).unwrap();
        let said = process.try_boot().expect_err(what);
        assert!(said.contains("could not be opened") && said.contains("damaged"), "{what}: {said}");
        assert!(std::fs::read(&path).unwrap() == damaged, "{what}: it was written to");
    }
    // Every page says by itself whether it is whole: where one is not, there is no answer rather than a wrong one. A start meets
    // some of the pages, and the messages are in others.
    let mut cases = vec![
        ("half of it is gone".to_owned(), sound[..sound.len() / 2 / PAGE * PAGE].to_vec()),
        ("everything but the first page".to_owned(), damage(PAGE, &vec![0x5a; sound.len() - PAGE])),
    ];
    for page in 1..sound.len() / PAGE {
        let at = page * PAGE + 99;
        cases.push((format!("a byte in page {}", page + 1), damage(at, &[sound[at] ^ 1])));
    }
    let mut behind_the_start = 0;
    for (what, damaged) in cases {
        std::fs::write(&path, &damaged).unwrap();
        if let Err(said) = process.try_boot() {
            assert!(said.contains("damaged"), "{what}: {said}");
            continue;
        }
        let here = olga.at(process.address);
        let answer = here.own("chat.message.list", &[("channel", &general)], json!({ "limit": 200 })).await;
        if answer.status != 200 {
            behind_the_start += 1;
            answer.refused(500, "internal");
            // Whoever watches it is told, when what was found before has had its second.
            let ready = async || here.send(here.request(reqwest::Method::GET, "/readyz")).await.status;
            for tries in 0.. {
                if ready().await == 503 {
                    break;
                }
                assert!(tries < 200, "{what}: it says that it is ready");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        } else {
            told.kept(&here, &general).await;
        }
        process.kill();
        for file in ["holdfast.db-wal", "holdfast.db-shm"] {
            drop(std::fs::remove_file(process.data().join(file)));
        }
    }
    assert!(behind_the_start > 0, "no page was met after the start");
    std::fs::write(&path, &sound).unwrap();
    process.boot();
    told.kept(&olga.at(process.address), &general).await;
}
