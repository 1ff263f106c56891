INSERT INTO t VALUES (5, '\\', _gbk x'bf5c27', _sjis x'5c', 'ж', 'ж', 'x\0', '\'', '\"');
