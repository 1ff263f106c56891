UPDATE t SET v = 'e' WHERE id = 1; UPDATE t SET x = 'ss' WHERE id = 5;
