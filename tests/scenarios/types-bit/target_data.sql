UPDATE t SET b8 = 1 WHERE id = 2;
UPDATE t SET b64 = 0x7fffffffffffffff WHERE id = 4;
UPDATE t SET b1 = NULL WHERE id = 5;
