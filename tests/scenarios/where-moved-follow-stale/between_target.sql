UPDATE t SET v = 'of others';
