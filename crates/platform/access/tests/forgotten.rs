//! Ways of forgetting a step, none of which compiles (OPS-1). Each file in `forgotten/` leaves out or forges one thing;
//! beside it stands what the compiler says.

// REQ OPS-1, OPS-9, AUTHZ-6
#[test]
fn forgetting_does_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/forgotten/complete.rs");
    cases.compile_fail("tests/forgotten/no_*.rs");
    cases.compile_fail("tests/forgotten/forged_*.rs");
}
