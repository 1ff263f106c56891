UPDATE t SET id = 200 WHERE id = 2;
