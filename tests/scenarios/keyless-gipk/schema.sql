SET sql_generate_invisible_primary_key = 1;
CREATE TABLE t (a INT, b VARCHAR(10));
