//! The database is compared with what was known of it: what is lost is refused, what is restored begins a new epoch
//! (ADR 10), and one Holdfast at a time works with it.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use api_tests::{Client, Crowd, Process, Socket, in_all};
use serde_json::{Value, json};

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

async fn log(who: &Client, channel: &str, input: Value) -> Value {
    who.own("chat.channel.subscribe", &[("channel", channel)], input).await.ok()
}

fn file(process: &Process, ending: &str) -> PathBuf {
    process.data().join(format!("holdfast.db{ending}"))
}

/// Waits until it is remembered how far the database has come.
async fn remembered(process: &Process) {
    let read = || std::fs::read_to_string(process.data().join("history.json")).unwrap();
    let before = read();
    let goes_on = async {
        while read() == before {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    in_all("the memory goes on", goes_on).await;
}

// REQ RT-2, RUN-4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_was_put_back_begins_another_epoch_whichever_way_it_was_made() {
    for (clean, in_place) in [(true, false), (true, true), (false, false), (false, true)] {
        let mut process = Process::sqlite().await;
        let mut olga = process.owner().await;
        let general = olga.channel("general", "public").await;
        for n in 0..4 {
            olga.post(&general, &format!("kept {n}")).await.ok();
        }
        let copy = tempfile::tempdir().unwrap();
        if clean {
            assert!(process.stop().success());
            assert!(!file(&process, "-wal").exists(), "closed in order, all is in the file");
        } else {
            process.kill()
        }
        copy_files(process.data(), copy.path());
        process.boot();
        olga.address = process.address;
        for n in 0..3 {
            olga.post(&general, &format!("lost {n}")).await.ok();
        }
        let before = log(&olga, &general, json!({})).await;
        let (seen, epoch) = (before["head"].clone(), before["epoch"].clone());
        let same = log(&olga, &general, json!({ "after": seen, "epoch": epoch })).await;
        assert_eq!(
            (&same["recovered"], &epoch),
            (&json!(true), &json!(1)),
            "a restart alone changes nothing"
        );
        assert!(process.stop().success());
        for ending in ["", "-wal", "-shm"] {
            if !in_place {
                drop(std::fs::remove_file(file(&process, ending)));
            }
        }
        // With what was remembered of it.
        copy_files(copy.path(), process.data());
        process.boot();
        olga.address = process.address;
        process.says("restored copy").await;
        for n in 0..5 {
            olga.post(&general, &format!("another history {n}")).await.ok();
        }
        for input in [json!({ "after": seen, "epoch": epoch }), json!({ "after": seen })] {
            let answer = log(&olga, &general, input).await;
            assert_eq!(answer["recovered"], false, "{answer}");
            assert_ne!(answer["epoch"], epoch);
        }
    }
}

// REQ RUN-4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_gone_is_refused_and_nothing_is_overwritten() {
    let mut process = Process::sqlite().await;
    let olga = process.owner().await;
    let general = olga.channel("general", "public").await;
    olga.post(&general, "kept").await.ok();
    remembered(&process).await;
    process.kill();
    let (database, wal) = (file(&process, ""), file(&process, "-wal"));
    let (whole, newest) = (std::fs::read(&database).unwrap(), std::fs::read(&wal).unwrap());

    std::fs::remove_file(&database).unwrap();
    assert!(process.try_boot().unwrap_err().contains("is missing"));
    assert!(!process.command(&["init"]).success());
    std::fs::write(&database, "").unwrap();
    assert!(process.try_boot().unwrap_err().contains("is empty"));
    // Without what was remembered the key still says that there was one.
    std::fs::rename(process.data().join("history.json"), process.data().join("aside")).unwrap();
    std::fs::remove_file(&wal).unwrap();
    std::fs::remove_file(&database).unwrap();
    assert!(process.try_boot().unwrap_err().contains("its key is there"));
    std::fs::rename(process.data().join("aside"), process.data().join("history.json")).unwrap();

    // Put back under another number of the disk it is a copy, and one without its log is refused like the original.
    std::fs::write(&database, &whole).unwrap();
    let said = process.try_boot().unwrap_err();
    assert!(said.contains("-wal is missing") && said.contains("accept-restored"), "{said}");
    for args in [&["user", "list"][..], &["mail"], &["call", "org.list"], &["demo"]] {
        let (status, said) = process.command_with(args, &[]);
        assert!(!status.success() && said.contains("-wal is missing"), "{args:?}: {said}");
    }
    std::fs::write(&wal, &newest).unwrap();
    process.boot();
    process.says("restored copy").await;

    // After an orderly stop as well: what the next start wrote is in the log alone.
    assert!(process.stop().success());
    process.boot();
    let olga = olga.at(process.address);
    for n in 0..3 {
        olga.post(&general, &format!("kept {n}")).await.ok();
    }
    remembered(&process).await;
    process.kill();
    let newest = std::fs::read(&wal).unwrap();
    let garbage = vec![0x5a; newest.len()];
    for damaged in
        [None, Some(&newest[..0]), Some(&newest[..32]), Some(&newest[..newest.len() / 2]), Some(&garbage[..])]
    {
        match damaged {
            Some(bytes) => std::fs::write(&wal, bytes).unwrap(),
            None => std::fs::remove_file(&wal).unwrap(),
        }
        let said = process.try_boot().unwrap_err();
        assert!(said.contains("-wal ") && said.contains("accept-restored"), "{said}");
        assert!(!process.command(&["check"]).success());
    }
    std::fs::write(&wal, &newest).unwrap();
    process.boot();
    assert!(!process.said().contains("restored copy"), "{}", process.said());
    process.kill();
    std::fs::remove_file(&wal).unwrap();
    assert!(process.command(&["accept-restored"]).success());
    process.boot();
    process.kill();

    std::fs::remove_file(&database).unwrap();
    std::fs::write(&wal, &newest).unwrap();
    assert!(process.command(&["init", "--begin-anew"]).success());
    assert_eq!(std::fs::read(file(&process, "-wal.before-1")).unwrap(), newest, "it is kept");
    process.boot();
    assert!(process.said().contains("/setup#"));
    process.kill();

    // A first start that ends after it has made the key, and before there is a database: it can be repeated.
    let (key, first) = (process.data().join("keys").join("database.key"), process.data().join("first-start"));
    for gone in [&database, &wal, &process.data().join("history.json")] {
        std::fs::remove_file(gone).unwrap();
    }
    assert!(process.try_boot().unwrap_err().contains("its key is there"));
    std::fs::remove_file(&key).unwrap();
    std::os::unix::fs::symlink(process.data().join("nowhere").join("holdfast.db"), &database).unwrap();
    let said = process.try_boot().unwrap_err();
    assert!(said.contains("could not be opened") && key.exists(), "{said}");
    std::fs::remove_file(&database).unwrap();
    process.boot();
    assert!(process.said().contains("/setup#") && !first.exists());
}

// REQ RUN-1
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_holdfast_at_a_time_works_with_an_embedded_database() {
    let process = Process::sqlite().await;
    let olga = process.owner().await;
    let other = process.data().join("other.sock");
    let more = [("HOLDFAST_LISTEN__UNIX_SOCKET", other.to_str().unwrap())];
    for args in [&["serve"][..], &["init"], &["user", "list"], &["call", "org.list"]] {
        let (status, said) = process.command_with(args, &more);
        assert!(!status.success(), "{args:?}");
        let pid = process.id().to_string();
        assert!(
            said.contains(&format!("(process {pid})")) && said.contains("unix_socket"),
            "{args:?}: {said}"
        );
    }
    // Looking is allowed, and asking the server is.
    let general = olga.channel("general", "public").await;
    let crowd = Crowd::start(&olga, &general, 4);
    for args in [&["check"][..], &["check", "--deep"], &["check", "--deep"], &["check", "--deep"]] {
        let (status, said) = process.command_with(args, &more);
        assert!(status.success() && !said.contains("restored"), "{args:?}: {said}");
    }
    drop(crowd.stop().await);
    assert!(process.command(&["user", "list"]).success());
    olga.call("me.read", &[], json!({})).await.ok();
}

// REQ RUN-4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checking_changes_nothing_and_in_depth_it_finds_a_flipped_byte_and_a_log_with_a_gap() {
    let mut process = Process::sqlite().await;
    let olga = process.owner().await;
    let general = olga.channel("general", "public").await;
    for n in 0..50 {
        olga.post(&general, &format!("message {n}")).await.ok();
    }
    assert!(process.stop().success());
    let state = |process: &Process| {
        let mut files: Vec<_> = std::fs::read_dir(process.data())
            .unwrap()
            .flatten()
            .filter(|entry| entry.file_type().unwrap().is_file())
            .map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap()))
            .collect();
        files.sort();
        files
    };
    let before = state(&process);
    for args in [&["check"][..], &["check", "--deep"]] {
        let (status, said) = process.command_with(args, &[]);
        assert!(status.success() && said.contains("up to date"), "{said}");
        assert!(state(&process) == before, "{args:?} changed something");
    }
    let path = file(&process, "");
    let sound = std::fs::read(&path).unwrap();
    for at in (1..sound.len() / 4096).step_by(7).map(|page| page * 4096 + 1234) {
        let mut damaged = sound.clone();
        damaged[at] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        let (status, said) = process.command_with(&["check", "--deep"], &[]);
        assert!(!status.success() && said.contains("damaged"), "{at}: {said}");
    }
    std::fs::write(&path, &sound).unwrap();
    let database = process.database().await;
    database.execute("UPDATE channel SET head = head + 1").await.unwrap();
    drop(database);
    let (status, said) = process.command_with(&["check", "--deep"], &[]);
    assert!(!status.success() && said.contains("whose log"), "{said}");
}

// REQ RUN-4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_bring_no_tables_up_to_date() {
    for mut process in Process::on_each(Vec::new()).await {
        process.owner().await;
        assert!(process.stop().success());
        let database = process.database().await;
        database.execute("DELETE FROM schema_migration WHERE version >= 6").await.unwrap();
        let (status, said) = process.command_with(&["check"], &[]);
        assert!(
            status.success() && said.contains("A start would bring its tables up to date: 0006"),
            "{said}"
        );
        let (status, said) = process.command_with(&["user", "list"], &[]);
        assert!(!status.success() && said.contains("earlier version"), "{said}");
        let version = database.column("SELECT max(version) FROM schema_migration").await;
        assert!(version[0].parse::<i64>().unwrap() < 6, "{version:?}");
    }
}

// REQ RT-2: PostgreSQL put back from a dump, seen at the next start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_was_put_back_begins_another_epoch() {
    let mut process = Process::postgres().await;
    let mut olga = process.owner().await;
    let general = olga.channel("general", "public").await;
    assert!(process.stop().success());
    let database = process.database().await;
    let old = database.column("SELECT generation FROM history").await;
    process.boot();
    olga.address = process.address;
    olga.post(&general, "lost").await.ok();
    let before = log(&olga, &general, json!({})).await;
    assert!(process.stop().success());
    database.execute(&format!("UPDATE history SET generation = {}", old[0])).await.unwrap();
    process.boot();
    olga.address = process.address;
    let answer = log(&olga, &general, json!({ "after": before["head"], "epoch": before["epoch"] })).await;
    assert_eq!(answer["recovered"], false, "{answer}");
}

// REQ RT-2
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_is_put_back_under_a_running_server_sends_all_sockets_away() {
    let process = Process::postgres().await;
    let olga = process.owner().await;
    let general = olga.channel("general", "public").await;
    let at = json!({ "org": olga.org, "channel": general });
    let mut tab = Socket::open(&olga).await;
    let before = tab.call("chat.channel.subscribe", at.clone(), json!({})).await.unwrap();
    process.database().await.execute("UPDATE history SET generation = 0, pulse = 0").await.unwrap();
    olga.post(&general, "in the other history").await.ok();
    let last = tab.until_closed().await;
    assert_eq!(last.last().map(|frame| frame["code"].clone()), Some(json!("restarting")), "{last:?}");
    let mut tab = Socket::open(&olga).await;
    let known = json!({ "after": before["head"], "epoch": before["epoch"] });
    let again = tab.call("chat.channel.subscribe", at, known).await.unwrap();
    assert_eq!(again["recovered"], false, "{again}");
}

// REQ RUN-1: a command works with the database for a moment, and a start waits for its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_waits_for_a_command_that_is_about_to_end() {
    let mut process = Process::sqlite().await;
    process.owner().await;
    assert!(process.stop().success());
    let lock = std::fs::File::open(file(&process, ".lock")).unwrap();
    lock.lock().unwrap();
    let ends = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(700));
        drop(lock);
    });
    process.boot();
    ends.join().unwrap();
}

// REQ OPS-14
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_in_the_data_directory_can_be_read_by_others() {
    let process = Process::sqlite().await;
    process.owner().await.channel("general", "public").await;
    let (mut open, mut seen) = (vec![process.data().to_owned()], Vec::new());
    while let Some(path) = open.pop() {
        let found = std::fs::metadata(&path).unwrap();
        // The data directory is the test's own.
        if path != process.data() {
            assert_eq!(found.mode() & 0o077, 0, "{}", path.display());
        }
        if found.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().flatten().map(|entry| entry.path()));
        }
        seen.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
    }
    for name in ["holdfast.db", "holdfast.db-wal", "history.json", "database.key"] {
        assert!(seen.iter().any(|seen| seen == name), "{name} of {seen:?}");
    }
}
