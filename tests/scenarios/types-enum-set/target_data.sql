UPDATE t SET s = NULL WHERE id = 1;
UPDATE t SET e = NULL WHERE id = 2;
UPDATE t SET s = 'drei' WHERE id = 3;
UPDATE t SET s = 'one,two,drei' WHERE id = 4;
UPDATE t SET e = '' WHERE id = 5;
