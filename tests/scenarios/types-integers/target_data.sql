UPDATE t SET bigint_u = bigint_u + 1, tinyint_s = tinyint_s + 1 WHERE id = 1;
UPDATE t SET bigint_s = bigint_s - 1, bigint_u = bigint_u - 1, int_u = int_u - 1 WHERE id = 2;
UPDATE t SET mediumint_s = 0 WHERE id = 3;
UPDATE t SET smallint_u = NULL WHERE id = 4;
INSERT INTO t (id, bigint_s) VALUES (7, -9223372036854775808);
