//! Rows in the binary format of PostgreSQL's `COPY` (its manual, "COPY", "Binary Format"): numbers are big-endian, each field comes
//! after its length.

use crate::table::Column;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// No flags and no extension of the header.
const HEADER: [u8; 8] = [0; 8];
/// The length of a field that is NULL, and the number of fields after the last row.
const NOTHING: u8 = 0xff;

/// The first `count` rows of these columns.
pub(crate) fn copied_rows(columns: &[Column], count: usize) -> Vec<u8> {
    let mut bytes = [SIGNATURE, &HEADER].concat();
    for row in 0..count {
        bytes.extend(u16::try_from(columns.len()).unwrap_or(u16::MAX).to_be_bytes());
        for column in columns {
            put_field(&mut bytes, column, row);
        }
    }
    bytes.extend([NOTHING; 2]);
    bytes
}

fn put_field(bytes: &mut Vec<u8>, column: &Column, row: usize) {
    match column {
        Column::Int(values) => put_int(bytes, values.get(row).copied()),
        Column::Text(values) => put_text(bytes, values.get(row).map(String::as_str)),
        Column::MaybeInt(values) => put_int(bytes, values.get(row).copied().flatten()),
        Column::MaybeText(values) => put_text(bytes, values.get(row).and_then(Option::as_deref)),
    }
}

fn put_int(bytes: &mut Vec<u8>, value: Option<i64>) {
    let value = value.map(i64::to_be_bytes);
    put(bytes, value.as_ref().map(<[u8; 8]>::as_slice));
}

fn put_text(bytes: &mut Vec<u8>, value: Option<&str>) {
    put(bytes, value.map(str::as_bytes));
}

/// A field; one too long for the format has a length that PostgreSQL refuses.
fn put(bytes: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        Some(value) => {
            bytes.extend(u32::try_from(value.len()).unwrap_or(u32::MAX - 1).to_be_bytes());
            bytes.extend_from_slice(value);
        }
        None => bytes.extend([NOTHING; 4]),
    }
}

#[cfg(test)]
mod tests {
    use super::copied_rows;
    use crate::table::Column;

    #[test]
    fn rows_are_as_the_manual_says() {
        let columns = [
            Column::Int(vec![5, -2]),
            Column::Text(vec!["\u{94b1}".to_owned(), String::new()]),
            Column::MaybeInt(vec![None, Some(1)]),
            Column::MaybeText(vec![Some("a".to_owned()), None]),
        ];
        let expected: Vec<&[u8]> = vec![
            b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0",
            b"\0\x04",
            b"\0\0\0\x08\0\0\0\0\0\0\0\x05",
            b"\0\0\0\x03\xe9\x92\xb1",
            b"\xff\xff\xff\xff",
            b"\0\0\0\x01a",
            b"\0\x04",
            b"\0\0\0\x08\xff\xff\xff\xff\xff\xff\xff\xfe",
            b"\0\0\0\0",
            b"\0\0\0\x08\0\0\0\0\0\0\0\x01",
            b"\xff\xff\xff\xff",
            b"\xff\xff",
        ];
        assert_eq!(copied_rows(&columns, 2), expected.concat());
    }
}
