UPDATE t SET v = -2 WHERE id = 5;
