//! What a crash takes back leaves nothing behind that hides later commits.

mod support;

#[test]
fn a_commit_with_the_seqno_of_a_lost_one_is_kept() {
    support::a_commit_with_the_seqno_of_a_lost_one_is_kept();
}
