UPDATE t SET v = -1 WHERE id IN (5, 6, 7, 8);
