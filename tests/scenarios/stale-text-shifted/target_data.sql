UPDATE t SET b = 'wrong' WHERE id = 5;
