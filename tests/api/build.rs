//! Says whether the real logs are there, so that a test that needs them is shown as ignored where they are not.

fn main() {
    let archive = "../../../shared/data/ubuntu-irc.tar.xz";
    println!("cargo::rustc-check-cfg=cfg(real_talk)");
    println!("cargo::rerun-if-changed={archive}");
    if std::path::Path::new(archive).exists() {
        println!("cargo::rustc-cfg=real_talk");
    }
}
