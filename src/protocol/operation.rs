//! THE table of operations. Whatever else is said about an operation (its handler, its checks) is keyed by
//! [`Operation`].

/// The API an operation belongs to; each has its own prefix in `X-Amz-Target`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    DynamoDb,
    DynamoDbStreams,
}

impl Service {
    pub const ALL: [Service; 2] = [Service::DynamoDb, Service::DynamoDbStreams];

    /// The part of `X-Amz-Target` before the dot (service models of 2026-11-20: `targetPrefix`).
    pub fn target_prefix(self) -> &'static str {
        match self {
            Service::DynamoDb => "DynamoDB_20120810",
            Service::DynamoDbStreams => "DynamoDBStreams_20120810",
        }
    }
}

/// Whether an operation changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    Read,
    Write,
}

macro_rules! operations {
    ($($service:ident { $($access:ident: $($name:ident)*;)* })*) => {
        /// An operation of DynamoDB or of DynamoDB Streams, named as AWS names it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($($($name,)*)*)*
        }

        impl Operation {
            pub const ALL: &'static [Operation] = &[$($($(Operation::$name,)*)*)*];

            /// The operation that the part of `X-Amz-Target` after the dot names, in exact case.
            pub fn parse(name: &str) -> Option<Operation> {
                match name {
                    $($($(stringify!($name) => Some(Operation::$name),)*)*)*
                    _ => None,
                }
            }

            pub fn as_str(self) -> &'static str {
                match self {
                    $($($(Operation::$name => stringify!($name),)*)*)*
                }
            }

            pub fn service(self) -> Service {
                match self {
                    $($($(Operation::$name)|*)|* => Service::$service,)*
                }
            }

            pub fn access(self) -> Access {
                match self {
                    $($($(Operation::$name => Access::$access,)*)*)*
                }
            }
        }
    };
}

// Service models of 2026-11-20: 62 operations of dynamodb and 4 of streams.dynamodb. PartiQL statements may write.
operations! {
    DynamoDb {
        Read:
            BatchGetItem DescribeBackup DescribeBulkOperation DescribeContinuousBackups DescribeContributorInsights
            DescribeEndpoints DescribeExport DescribeGlobalTable DescribeGlobalTableSettings DescribeImport
            DescribeKinesisStreamingDestination DescribeLimits DescribeTable DescribeTableReplicaAutoScaling
            DescribeTimeToLive GetItem GetResourcePolicy ListBackups ListBulkOperations ListContributorInsights
            ListExports ListGlobalTables ListImports ListTables ListTagsOfResource Query Scan SearchVectors
            TransactGetItems;
        Write:
            BatchExecuteStatement BatchWriteItem CancelBulkOperation CreateBackup CreateGlobalTable CreateTable
            DeleteBackup DeleteItem DeleteResourcePolicy DeleteTable DisableKinesisStreamingDestination
            EnableKinesisStreamingDestination ExecuteStatement ExecuteTransaction ExportTableToPointInTime ImportTable
            PutItem PutResourcePolicy RestoreTableFromBackup RestoreTableToPointInTime StartBulkPutItems TagResource
            TransactWriteItems UntagResource UpdateContinuousBackups UpdateContributorInsights UpdateGlobalTable
            UpdateGlobalTableSettings UpdateItem UpdateKinesisStreamingDestination UpdateTable
            UpdateTableReplicaAutoScaling UpdateTimeToLive;
    }
    DynamoDbStreams {
        Read: DescribeStream GetRecords GetShardIterator ListStreams;
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_two_models_is_listed_once() {
        let mut names: Vec<_> = Operation::ALL.iter().map(|operation| operation.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 66);
        let streams = Operation::ALL.iter().filter(|operation| operation.service() == Service::DynamoDbStreams);
        assert_eq!(streams.count(), 4);
    }

    #[test]
    fn a_name_parses_in_exact_case_only() {
        for &operation in Operation::ALL {
            assert_eq!(Operation::parse(operation.as_str()), Some(operation));
        }
        for name in ["", "listTables", "ListTable", "ListTables "] {
            assert_eq!(Operation::parse(name), None, "{name}");
        }
    }

    #[test]
    fn reads_and_writes_are_told_apart() {
        assert_eq!(Operation::GetItem.access(), Access::Read);
        assert_eq!(Operation::ExecuteStatement.access(), Access::Write);
        assert_eq!(Operation::GetRecords.access(), Access::Read);
    }
}
