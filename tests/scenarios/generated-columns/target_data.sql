UPDATE t SET a = 10 WHERE id = 1; UPDATE t SET name = 'TWO' WHERE id = 2; INSERT INTO t (id, a) VALUES (6, 60);
