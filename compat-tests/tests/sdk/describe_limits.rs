//! DescribeLimits and DescribeEndpoints.

use compat_tests::Server;

#[tokio::test]
async fn an_account_has_limits_and_a_table_at_most_as_much() {
    let server = Server::in_memory();
    let limits = server.client().describe_limits().send().await.unwrap();
    let account = [limits.account_max_read_capacity_units, limits.account_max_write_capacity_units];
    let table = [limits.table_max_read_capacity_units, limits.table_max_write_capacity_units];
    for (table, account) in table.into_iter().zip(account) {
        assert!(table > Some(0) && account >= table, "{limits:?}");
    }
}

/// On AWS it is the Region's. Here a client that went there would leave the server that it asked.
#[tokio::test]
async fn an_endpoint_is_the_one_that_was_asked_and_may_be_kept() {
    let server = Server::in_memory();
    let answer = server.client().describe_endpoints().send().await.unwrap();
    let [endpoint] = answer.endpoints() else { panic!("{answer:?}") };
    assert_eq!(endpoint.address(), server.address().to_string());
    assert_eq!(endpoint.cache_period_in_minutes(), 1440);
}
