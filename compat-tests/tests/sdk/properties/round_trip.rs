use compat_tests::item;
use compat_tests::table::Table;
use compat_tests::value::{IntoValue, Item};
use proptest::prelude::*;

use super::Bench;
use super::values;

#[test]
fn an_item_comes_back_as_it_was_written_by_every_way_of_reading() {
    let bench = Bench::new();
    bench.runtime.block_on(Table::new("pk:S").create(&bench.db, "items"));
    bench.check(300, &values::item(), |mut item| {
        item.insert("pk".to_owned(), "a".into_value());
        let read = bench.runtime.block_on(async {
            let db = &bench.db;
            db.put_item().table_name("items").set_item(Some(item.clone())).send().await.unwrap();
            let got = db
                .get_item()
                .table_name("items")
                .set_key(Some(item! { "pk" => "a" }))
                .send()
                .await
                .unwrap()
                .item
                .unwrap();
            let query = db.query().table_name("items").key_condition_expression("pk = :p");
            let queried =
                query.expression_attribute_values(":p", "a".into_value()).send().await.unwrap().items.unwrap();
            [vec![got], queried]
        });
        for items in read {
            prop_assert_eq!(&items, std::slice::from_ref(&item));
        }
        Ok(())
    });
}

#[test]
fn an_update_leaves_what_it_does_not_name() {
    let bench = Bench::new();
    bench.runtime.block_on(Table::new("pk:S").create(&bench.db, "items"));
    bench.check(150, &(values::item(), values::value(), any::<prop::sample::Index>()), |(mut item, value, which)| {
        item.insert("pk".to_owned(), "a".into_value());
        let names: Vec<String> = item.keys().filter(|name| *name != "pk").cloned().collect();
        let changed = if names.is_empty() { "new".to_owned() } else { names[which.index(names.len())].clone() };
        let got: Item = bench.runtime.block_on(async {
            let db = &bench.db;
            db.put_item().table_name("items").set_item(Some(item.clone())).send().await.unwrap();
            let update = db
                .update_item()
                .table_name("items")
                .set_key(Some(item! { "pk" => "a" }))
                .update_expression("SET #c = :v");
            let update =
                update.expression_attribute_names("#c", &changed).expression_attribute_values(":v", value.clone());
            update.send().await.unwrap();
            db.get_item().table_name("items").set_key(Some(item! { "pk" => "a" })).send().await.unwrap().item.unwrap()
        });
        item.insert(changed, value);
        prop_assert_eq!(got, item);
        Ok(())
    });
}
