UPDATE t SET w = 2 WHERE id = 5;
