UPDATE t SET a = 'left r', b = 'ight' WHERE id = 6;
