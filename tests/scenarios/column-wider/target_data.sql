UPDATE t SET a = 4000000000 WHERE id = 1; UPDATE t SET v = 'longer than ten characters' WHERE id = 2;
