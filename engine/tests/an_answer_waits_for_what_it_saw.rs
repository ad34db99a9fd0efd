//! A refusal, or any answer that commits nothing, must not be given before what it rests on is durable.

mod support;

#[test]
fn a_transaction_that_writes_nothing_waits_for_the_versions_that_it_saw() {
    support::an_answer_waits_for_what_it_saw();
}
