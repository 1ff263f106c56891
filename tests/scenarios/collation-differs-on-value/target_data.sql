UPDATE t SET v = 'ABC' WHERE id = 1; UPDATE t SET v = 'e' WHERE id = 2;
