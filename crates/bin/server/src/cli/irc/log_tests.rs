//! The reader of IRC logs, on lines that are hard to read.

use kernel::time::{DAY, SECOND};

use super::*;

const DAY0: Timestamp = Timestamp(1_100_476_800 * SECOND);

fn one(line: &[u8]) -> Result<(String, Act), Skip> {
    let mut all = parse(line, DAY0);
    assert_eq!(all.len(), 1);
    all.remove(0).map(|entry| (entry.nick, entry.act))
}

fn said(nick: &str, text: &str) -> Result<(String, Act), Skip> {
    Ok((nick.into(), Act::Said(text.into())))
}

fn did(nick: &str, text: &str) -> Result<(String, Act), Skip> {
    Ok((nick.into(), Act::Did(text.into())))
}

fn times(log: &str) -> Vec<i64> {
    parse(log.as_bytes(), DAY0).into_iter().map(|e| (e.unwrap().at.0 - DAY0.0) / MINUTE).collect()
}

#[test]
fn talk() {
    assert_eq!(one(b"[09:56] <ada> hello there"), said("ada", "hello there"));
    assert_eq!(one(b"[09:56:01] <@ada> hello"), said("ada", "hello"));
    assert_eq!(one(b"[09:56] <ada> <bob> quoted> text"), said("ada", "<bob> quoted> text"));
    assert_eq!(one(b"[09:56] <ada>   indented"), said("ada", "  indented"));
    assert_eq!(one(b"[09:56] <[a]|b^> odd nick\r"), said("[a]|b^", "odd nick"));
    assert_eq!(one(b"[09:56]  * ada waves"), did("ada", "*waves*"));
    assert_eq!(one(b"[09:56]  * ada likes 2*3 \\o/"), did("ada", "*likes 2\\*3 \\\\o/*"));
    assert_eq!(one(b"=== ada boots an old machine"), did("ada", "*boots an old machine*"));
    assert_eq!(one(b"=== ada has quit smoking"), did("ada", "*has quit smoking*"));
    assert_eq!(one(b"=== ada is now known as the best cook"), did("ada", "*is now known as the best cook*"));
}

#[test]
fn coming_and_going() {
    let joined = |nick: &str| Ok((nick.to_owned(), Act::Joined));
    let left = |nick: &str| Ok((nick.to_owned(), Act::Left));
    assert_eq!(one(b"=== ada [~ada@host.example]  has joined #talk"), joined("ada"));
    assert_eq!(one(b"=== [A] ada [n=x@host]  has joined #talk"), joined("[A] ada"));
    assert_eq!(one(b"=== ada [~a@host]  has left #talk [\"Leaving\"]"), left("ada"));
    assert_eq!(one(b"=== ada has joined #talk"), joined("ada"));
    assert_eq!(one(b"=== ada was kicked off #talk by bob (enough)"), left("ada"));
    assert_eq!(one(b"=== ada [~a@host] has quit [Ping timeout]"), left("ada"));
    let topic = one(b"=== ..[topic/#talk:ada] : Be kind | FAQ: https://example.org/faq");
    assert_eq!(topic, Ok(("ada".into(), Act::Topic("Be kind | FAQ: https://example.org/faq".into()))));
    let Ok((_, Act::Topic(long))) = one(format!("=== ..[topic/#talk:ada] : {}", "é".repeat(300)).as_bytes())
    else {
        panic!("a topic")
    };
    assert_eq!((long.chars().count(), long.ends_with('…')), (250, true));
}

#[test]
fn every_other_line_has_a_reason() {
    for (line, reason) in [
        (&b"[09:56] <ada> "[..], Skip::SaysNothing),
        (b"[09:56] <ada>", Skip::SaysNothing),
        (b"[09:56] <ada> \x02\x0f", Skip::SaysNothing),
        (b"   ", Skip::Empty),
        (b"[09:56]", Skip::Empty),
        (b"\x03\x1f", Skip::Empty),
        (b"[09:56] <> nobody", Skip::NotUnderstood),
        (b"[25:00] <ada> no such hour", Skip::NotUnderstood),
        (b"[9:56] <ada> no such time", Skip::NotUnderstood),
        ("[a€b] <ada> no time at all".as_bytes(), Skip::NotUnderstood),
        (b"plain words", Skip::NotUnderstood),
        (b"=== alone", Skip::NotUnderstood),
        (b"=== ..[topic/#talk] : nobody set it", Skip::NotUnderstood),
        (b"[05:12] -bot:#talk- buy now", Skip::Notice),
        (b"[05:12] (ada/#talk) from elsewhere", Skip::NotUnderstood),
        (b"=== ada is now known as ada_", Skip::NickChange),
        (b"=== mode/#talk [+o ada]  by ChanServ", Skip::Mode),
    ] {
        assert_eq!(one(line), Err(reason), "{:?}", String::from_utf8_lossy(line));
    }
    let long = format!("[09:56] <ada> {}", "x".repeat(LONGEST + 1));
    assert_eq!(one(long.as_bytes()), Err(Skip::TooLong));
    let nick = format!("[09:56] <{}> hello", "n".repeat(LONGEST_NICK + 1));
    assert_eq!(one(nick.as_bytes()), Err(Skip::NotUnderstood));
}

#[test]
fn colours_control_characters_and_old_encodings() {
    assert_eq!(one(b"[09:56] <ada> \x0304,12red\x03 and \x02bold\x02\x07"), said("ada", "red and bold"));
    assert_eq!(one(b"[09:56] <ada> \x031,5x \x03,7"), said("ada", "x ,7"));
    assert_eq!(one(b"[09:56] <ada> \x03123"), said("ada", "3"));
    assert_eq!(one(b"[09:56] <ada> a\tb"), said("ada", "a b"));
    assert_eq!(one("[09:56] <ada> schön".as_bytes()), said("ada", "schön"));
    assert_eq!(one(b"[09:56] <ada> sch\xf6n"), said("ada", "schön"));
    assert_eq!(one(b"\xef\xbb\xbf[09:56] <ada> first"), said("ada", "first"));
    assert_eq!(one("[09:56] <a\u{202E}da> x\u{200B}y".as_bytes()), said("ada", "xy"));
}

#[test]
fn lines_are_counted_however_the_file_ends() {
    for (bytes, count) in [(&b""[..], 0), (b"a", 1), (b"a\n", 1), (b"a\n\n", 2), (b"\n\na", 3)] {
        assert_eq!(lines(bytes).len(), count);
        assert_eq!(parse(bytes, DAY0).len(), count);
    }
    let log = b"\n[10:00] <a> x\n";
    assert_eq!(parse(log, DAY0)[1].as_ref().map(|e| e.line), Ok(2));
}

#[test]
fn time_never_goes_back() {
    // Twelve hours come round at one o'clock, twenty-four at midnight.
    assert_eq!(times("[12:59] <a> x\n[01:00] <a> y\n"), [12 * 60 + 59, 13 * 60]);
    assert_eq!(times("[23:59] <a> x\n[00:01] <a> y\n[00:02] <a> z\n"), [1439, 1441, 1442]);
    assert_eq!(times("[11:55] <a> x\n[12:05] <a> y\n[12:59] <a> z\n[01:10] <a> z\n"), [715, 725, 779, 790]);
    // A clock that was set back stands still.
    assert_eq!(times("[10:05] <a> x\n[10:03] <a> y\n[10:06] <a> z\n"), [605, 605, 606]);
    // What has no time has that of the line before it or, at the beginning, of the first.
    assert_eq!(times("=== b waves\n[10:05] <a> x\n=== b waves\n[10:06] <a> y\n"), [605, 605, 605, 606]);
    let all = parse(b"[10:05] <a> x\n=== b waves\n[10:04] <a> y\n[10:05] <a> z\n", DAY0);
    let at: Vec<i64> = all.iter().map(|e| e.as_ref().unwrap().at.0).collect();
    assert!(at.is_sorted_by(|a, b| a < b), "{at:?}");
}

#[test]
fn the_day_is_in_the_name() {
    assert_eq!(day("2004-11-15_03.txt"), Some(DAY0));
    assert_eq!(day("talk-2004-11-15.log"), Some(DAY0));
    assert_eq!(day("1970-01-02.txt"), Some(Timestamp(DAY)));
    for none in
        ["", "notes.txt", "2004-13-15.txt", "2004-02-30.txt", "1969-12-31.txt", "20041115.txt", "日2004-1-1"]
    {
        assert_eq!(day(none), None, "{none}");
    }
}
