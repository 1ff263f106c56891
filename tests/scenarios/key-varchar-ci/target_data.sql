INSERT INTO t VALUES ('ABC', 1), ('cafe', 2), ('space  ', 3), ('same', 4), ('only target', 5), ('Both', 60), ('😁', 7);
