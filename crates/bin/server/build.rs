//! Builds the server anew when the front end was built anew: the embedded files are not all known to the compiler.
#![allow(clippy::print_stdout, reason = "how a build script speaks")]

fn main() {
    println!("cargo:rerun-if-changed=../../../web/dist");
}
