UPDATE t SET e = 'no such member' WHERE id = 4;
