UPDATE t SET a = '' WHERE id = 1;
UPDATE t SET a = NULL WHERE id = 2;
UPDATE t SET a = NULL WHERE id = 3;
UPDATE t SET b = '' WHERE id = 4;
UPDATE t SET b = 'NULL' WHERE id = 5;
UPDATE t SET b = NULL WHERE id = 6;
