UPDATE t SET doc = '[1, 2, 4]' WHERE id = 2;
