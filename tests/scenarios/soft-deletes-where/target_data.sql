UPDATE t SET region = 8 WHERE id = 5;
