use std::path::Path;

use redb::{Database, Durability, ReadableDatabase, TableDefinition};

use super::{CACHE_BYTES, Store};

const ROWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("rows");

pub struct Redb(Database);

pub fn open(folder: &Path) -> Redb {
    let database =
        Database::builder().set_cache_size(CACHE_BYTES).create(folder.join("rows.redb")).expect("a database");
    let made = database.begin_write().expect("a transaction");
    made.open_table(ROWS).expect("a table");
    made.commit().expect("a commit");
    Redb(database)
}

impl Redb {
    fn write(&self, key: &[u8; 16], value: &[u8], durability: Durability) {
        let mut transaction = self.0.begin_write().expect("a transaction");
        transaction.set_durability(durability).expect("a durability");
        transaction.open_table(ROWS).expect("a table").insert(&key[..], value).expect("a write");
        transaction.commit().expect("a commit");
    }
}

impl Store for Redb {
    fn put(&self, key: &[u8; 16], value: &[u8]) {
        self.write(key, value, Durability::None);
    }

    fn put_durable(&self, key: &[u8; 16], value: &[u8]) {
        self.write(key, value, Durability::Immediate);
    }

    fn get(&self, key: &[u8; 16]) -> bool {
        let table = self.0.begin_read().expect("a transaction").open_table(ROWS).expect("a table");
        table.get(&key[..]).expect("a read").is_some()
    }

    fn scan(&self, from: &[u8; 16], count: usize) -> usize {
        let table = self.0.begin_read().expect("a transaction").open_table(ROWS).expect("a table");
        let rows = table.range(&from[..]..).expect("a range").take(count);
        rows.map(|row| row.expect("a read")).map(|(key, value)| key.value().len() + value.value().len()).sum()
    }

    fn settle(&self) {}
}
