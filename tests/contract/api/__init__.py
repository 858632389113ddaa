"""The behaviours that Kubernetes' own suite asks of its store and of its watch cache, and where each is asked here.

"store" is tests/contract/storage (no watch cache), "api" this folder (with it), both on memory, SQLite and etcd.

    RunTestWatch, WatchFromZero, WatchFromNonZero          store test_watch, api test_watches
    DeleteTriggerWatch, WatchDeleteEventObjectHaveLatestRV store test_watch, api test_watches
    DelayedWatchDelivery                                   store test_watch (a slow watcher holds nobody up)
    WatchError, WatchErrorIsBlockingFurtherEvents          api test_expired (an ERROR event ends it)
    WatchContextCancel, WatcherTimeout                     store test_watch (closing), api test_watches (its time)
    WatchInitializationSignal                              unit watchcache (answers only when filled)
    ClusterScopedWatch, NamespaceScopedWatch               api test_watches
    OptionalTestProgressNotify                             store test_watch (writes elsewhere move the revision)
    WatchDispatchBookmarkEvents, BookmarksWithCorrectRV    torture checker W6, with bookmarks every 50 ms
    SendInitialEventsBackwardCompatibility, WatchSemantics api test_watches; torture checker W9
    WatchListMatchSingle                                   api test_watches (one name by its field)
    Create, CreateWithKeyExist, CreateWithTTL              store test_reads_and_writes
    Get                                                    both
    UnconditionalDelete, ConditionalDelete, DeleteWith...  both; integration test_old_cache (an old state suggested)
    ValidateDeletionWith..., PreconditionalDeleteWith...   api test_lists_and_writes, integration test_old_cache
    List, GetListNonRecursive, GetListRecursivePrefix      both (a prefix is no path; one namespace begins no other)
    ListContinuation, ...WithFilter, ListPaginationRare    both
    ListInconsistentContinuation, CompactRevision          api test_expired, store test_compaction
    ListResourceVersionMatch, ConsistentList, ListPaging   api test_lists_and_writes, store test_reads_and_writes
    GuaranteedUpdate, ...ChecksStoredData, ...WithConflict both; integration test_old_cache
    GuaranteedUpdateWithTTL                                store test_reads_and_writes
    GuaranteedUpdateWithSuggestionAndConflict              integration test_old_cache

Not asked, because there is no such thing here: TransformationFailure (no encryption of stored values), Stats (sizes by
resource), NamespaceScopedList's odd keys (keys are made in one place), WatchWithUnsafeDelete, ConcurrentDecode.
"""
