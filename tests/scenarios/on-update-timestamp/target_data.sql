UPDATE t SET v = 20 WHERE id = 2; UPDATE t SET v = 30, changed = changed WHERE id = 3;
